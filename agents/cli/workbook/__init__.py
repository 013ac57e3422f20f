"""Reads the table in a workbook row by row, in memory that does not grow with it."""

from agents.cli.workbook.opening import Tab, opened_tab
from agents.cli.workbook.table import Table, table_of

__all__ = ["Tab", "Table", "opened_tab", "table_of"]
