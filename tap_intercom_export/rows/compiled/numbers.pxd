"""Numbers that JSON writes as their cells do; the others are left to Python."""

from libc.string cimport memcmp

from tap_intercom_export.rows.compiled.csv_row cimport Cell
from tap_intercom_export.rows.compiled.output cimport Output, byte, put

cdef enum:
    MAX_PLAIN_DIGITS = 15  # with the decimal point; so many a float keeps


cdef inline bint write_usual_number(Output* out, Cell* cell, bint is_integer) except -1:
    """Write a number that is not empty as it is; return whether that is how Python writes it."""
    cdef const byte* at = cell.start
    cdef const byte* end = at + cell.size
    cdef const byte* digits
    cdef const byte* fraction
    if at[0] == c'-':
        at += 1
    digits = at
    while at < end and c'0' <= at[0] <= c'9':
        at += 1
    if at == digits or end - digits > MAX_PLAIN_DIGITS:
        return False
    if digits[0] == c'0' and (at - digits > 1 or (at == end and digits != cell.start)):
        return False
    if at < end:
        if is_integer or at[0] != c'.':
            return False
        at += 1
        fraction = at
        while at < end and c'0' <= at[0] <= c'9':
            at += 1
        if at < end or at == fraction:
            return False
        # Python writes 1.50 as 1.5, and 0.00001 as 1e-05
        if at[-1] == c'0' and at - fraction > 1:
            return False
        if digits[0] == c'0' and at - fraction > 4 and memcmp(fraction, b"0000", 4) == 0:
            return False
    put(out, <const char*>cell.start, cell.size)
    return True
