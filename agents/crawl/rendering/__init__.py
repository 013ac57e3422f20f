"""Pages that fill themselves by JavaScript, read as a browser shows them.

`shells` tells which those are, and `rendering` has them rendered and never fails. `tab` runs one
page and looks at it from an `own_world`, `exchange` answers what its scripts ask for, and
`chromium` is the browser, which itself has no network.
"""
