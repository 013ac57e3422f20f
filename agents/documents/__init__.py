"""Files that people upload, to build agents from."""
