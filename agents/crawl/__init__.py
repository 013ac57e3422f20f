"""An asynchronous crawler: from start URLs to the pages within their scope.

A pure library: it knows no database and no settings. `crawler.Crawler` puts the parts together.
"""
