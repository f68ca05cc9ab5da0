"""The generated encoder: a function whose code is written for the columns of one CSV file.

In: what the rows of the file become (`RowFormat`), and rows with JSON-escaped cells. Out: the
text of a record or message for each row.
"""
