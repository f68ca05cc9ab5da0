"""Encodes blocks of CSV rows as lines of JSON. Compiled from `block_encoder.pyx`."""

from tap_intercom_export.rows.compiled.plan import EncodingPlan

VALUES: tuple[str, ...]
"""What a property can be (`plan.Property.value`)."""

class BlockEncoder:
    """Encodes the rows of one CSV file.

    Args:
        plan: What to do with each row.
        max_cell_bytes: Size of a quoted cell from which on it counts as an unclosed quote.
    """

    def __init__(self, plan: EncodingPlan, max_cell_bytes: int) -> None: ...
    def encode(self, data: bytes, start: int) -> tuple[bytes, int, list[str], int, int]:
        """Encode rows until one needs care.

        Args:
            data: A block of rows with their line ends.
            start: Index of the first byte of a row.

        Returns:
            The lines; the number of them; the keys of the records, if the plan has keys; the index
            of the row that needs care, which is the length of the data if there is none; and the
            index of the row after it, which is the length of the data if the row is not CSV.
        """
