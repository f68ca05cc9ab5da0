# The docstrings are in block_encoder.pyx.
from tap_intercom_export.rows.compiled.plan import EncodingPlan

VALUES: tuple[str, ...]

class BlockEncoder:
    def __init__(self, plan: EncodingPlan, max_row_bytes: int) -> None: ...
    def encode(self, data: bytes, start: int) -> tuple[bytes, int, list[str], int, int]: ...
