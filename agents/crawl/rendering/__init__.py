"""Pages that fill themselves by JavaScript, read as a browser shows them.

`shells` tells which those are, `rendering` decides and never fails, `tab` runs one page, `exchange`
answers what its scripts ask for, and `chromium` is the browser, which itself has no network.
"""
