"""JSON strings as Python's json module writes them: in ASCII, everything else escaped."""

from libc.string cimport memcpy

from tap_intercom_export.rows.compiled.csv_row cimport HAS_DOUBLED_QUOTES, Cell
from tap_intercom_export.rows.compiled.output cimport Output, byte, reserve

cdef enum:
    LONGEST_ESCAPE = 6  # bytes that a byte of a cell can become: `\\u001f`


cdef inline int write_text(Output* out, Cell* cell) except -1:
    """Write a cell as a JSON string."""
    cdef char* to
    reserve(out, cell.size * LONGEST_ESCAPE + 2)
    to = out.start + out.size
    to[0] = c'"'
    if cell.flags:
        to = _write_escaped(to + 1, cell)
    else:
        memcpy(to + 1, cell.start, cell.size)
        to += 1 + cell.size
    to[0] = c'"'
    out.size = to + 1 - out.start
    return 0


cdef inline char* _write_escaped(char* to, Cell* cell) noexcept:
    """Write a cell with what has to be escaped; return where to go on.

    Args:
        to: Where to write; there is room for the longest escape of each byte.
        cell: A cell of a row that is UTF-8.
    """
    cdef const byte* at = cell.start
    cdef const byte* end = at + cell.size
    cdef unsigned int code
    while at < end:
        if 0x20 <= at[0] < 0x7F and at[0] != c'"' and at[0] != c'\\':
            to[0] = at[0]
            to += 1
            at += 1
        elif at[0] < 0x80:
            to = _write_ascii(to, at[0])
            # a doubled quote is one quote
            at += 2 if at[0] == c'"' and cell.flags & HAS_DOUBLED_QUOTES else 1
        elif at[0] < 0xE0:
            to = _write_code(to, (at[0] & 0x1F) << 6 | at[1] & 0x3F)
            at += 2
        elif at[0] < 0xF0:
            to = _write_code(to, (at[0] & 0x0F) << 12 | (at[1] & 0x3F) << 6 | at[2] & 0x3F)
            at += 3
        else:
            code = (at[0] & 0x07) << 18 | (at[1] & 0x3F) << 12 | (at[2] & 0x3F) << 6
            code = (code | at[3] & 0x3F) - 0x10000
            to = _write_code(to, 0xD800 + (code >> 10))
            to = _write_code(to, 0xDC00 + (code & 0x3FF))
            at += 4
    return to


cdef inline char* _write_ascii(char* to, byte code) noexcept:
    """Write the escape of a character of ASCII; return where to go on."""
    cdef char letter = 0
    if code == c'"' or code == c'\\':
        letter = code
    elif code == c'\n':
        letter = c'n'
    elif code == c'\r':
        letter = c'r'
    elif code == c'\t':
        letter = c't'
    elif code == c'\b':
        letter = c'b'
    elif code == c'\f':
        letter = c'f'
    if not letter:
        return _write_code(to, code)
    to[0] = c'\\'
    to[1] = letter
    return to + 2


cdef inline char* _write_code(char* to, unsigned int code) noexcept:
    """Write `\\uXXXX`; return where to go on."""
    cdef int place
    cdef unsigned int digit
    to[0] = c'\\'
    to[1] = c'u'
    for place in range(4):
        digit = code >> (12 - 4 * place) & 15
        to[2 + place] = c'0' + digit if digit < 10 else c'a' + digit - 10
    return to + 6
