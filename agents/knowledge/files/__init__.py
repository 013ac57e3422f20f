"""Reads files of every kind: PDF, DOCX, XLSX, CSV, HTML, Markdown and plain text."""
