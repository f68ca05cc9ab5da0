"""Finds the cells of a row of CSV: RFC 4180, as Python's csv module reads it."""

from libc.string cimport memcmp

from tap_intercom_export.rows.compiled.output cimport byte
from tap_intercom_export.rows.compiled.utf_8 cimport is_utf_8

cdef enum RowKind:
    NOT_CSV
    INVALID  # has its end, but only Python can say what it is
    BLANK
    USUAL

cdef enum ByteClass:
    PLAIN  # JSON writes it as it is
    ESCAPED
    BEYOND_ASCII
    DELIMITER
    QUOTE
    LINE_FEED
    CARRIAGE_RETURN
    NUL  # also after the end of the block

# Why a cell cannot be copied as it is
cdef enum CellFlag:
    HAS_ESCAPES = 1
    HAS_BEYOND_ASCII = 2
    HAS_DOUBLED_QUOTES = 4
    HAS_NUL = 8


cdef struct Cell:
    const byte* start  # without its quotes
    Py_ssize_t size
    int flags


cdef struct RowScanner:
    # The classes of bytes outside and inside of quotes, where a delimiter is none
    byte[256] classes
    byte[256] quoted_classes
    int cell_count
    Cell* header
    Py_ssize_t max_row_bytes
    # What was found
    Cell* cells
    const byte* end


cdef inline void set_classes(RowScanner* row, byte delimiter) noexcept:
    """Set the class of each byte."""
    cdef int code
    for code in range(256):
        row.quoted_classes[code] = (
            BEYOND_ASCII if code >= 0x80 else ESCAPED if code < 0x20 or code == 0x7F else PLAIN
        )
    row.quoted_classes[c'\\'] = ESCAPED
    row.quoted_classes[c'"'] = QUOTE
    row.quoted_classes[c'\n'] = LINE_FEED
    row.quoted_classes[c'\r'] = CARRIAGE_RETURN
    row.quoted_classes[0] = NUL
    for code in range(256):
        row.classes[code] = row.quoted_classes[code]
    row.classes[delimiter] = DELIMITER


cdef inline RowKind scan(RowScanner* row, const byte* at, const byte* stop) noexcept:
    """Find the cells of the row that begins at a byte, and its end; return what it is.

    Args:
        row: Where the cells go.
        at: The first byte.
        stop: The end of the block; there is a NUL.
    """
    cdef const byte* start = at
    cdef int flags = 0, count = 0
    cdef bint is_header = True
    cdef Cell cell
    if stop - at >= 3 and memcmp(at, b"\xef\xbb\xbf", 3) == 0:  # a byte order mark
        return NOT_CSV
    while True:
        if at[0] == c'"':
            at = _quoted(row, at + 1, stop, &cell)
        else:
            at = _plain(row, at, stop, &cell)
        if at == NULL:
            return NOT_CSV
        if count < row.cell_count:
            row.cells[count] = cell
            is_header = is_header and _are_equal(&cell, &row.header[count])
        count += 1
        flags |= cell.flags
        if row.classes[at[0]] != DELIMITER:
            break
        at += 1
    if at[0] == c'\r':
        at += 1
    if at[0] == c'\n':
        at += 1
    elif at != stop:
        return NOT_CSV
    if at - start >= row.max_row_bytes:
        return NOT_CSV
    row.end = at
    if start[0] == c'\n' or start[0] == c'\r':
        return BLANK
    if count != row.cell_count or is_header or flags & HAS_NUL:
        return INVALID
    if flags & HAS_BEYOND_ASCII and not is_utf_8(start, at):
        return INVALID
    return USUAL


cdef inline const byte* _plain(
    RowScanner* row, const byte* at, const byte* stop, Cell* cell
) noexcept:
    """Find the end of a cell without quotes around it; return it."""
    cdef const byte* start = at
    cdef int flags = 0, found
    while True:
        found = row.classes[at[0]]
        if found == ESCAPED or found == QUOTE:
            flags |= HAS_ESCAPES
        elif found == BEYOND_ASCII:
            flags |= HAS_BEYOND_ASCII
        elif found == NUL and at != stop:
            flags |= HAS_NUL
        elif found != PLAIN:
            break
        at += 1
    cell.start, cell.size, cell.flags = start, at - start, flags
    return at


cdef inline const byte* _quoted(
    RowScanner* row, const byte* at, const byte* stop, Cell* cell
) noexcept:
    """Find the end of a cell after its opening quote; return what follows, NULL without an end."""
    cdef const byte* start = at
    cdef int flags = 0, found
    while True:
        found = row.quoted_classes[at[0]]
        if found == QUOTE:
            if at[1] != c'"':
                break
            flags |= HAS_ESCAPES | HAS_DOUBLED_QUOTES
            at += 1
        elif found == BEYOND_ASCII:
            flags |= HAS_BEYOND_ASCII
        elif found == NUL:
            if at == stop:
                return NULL
            flags |= HAS_NUL
        elif found != PLAIN:
            flags |= HAS_ESCAPES
        at += 1
    cell.start, cell.size, cell.flags = start, at - start, flags
    return at + 1


cdef inline bint _are_equal(Cell* cell, Cell* header) noexcept:
    """Return whether a cell may be that of the header."""
    return cell.flags & HAS_DOUBLED_QUOTES or (
        cell.size == header.size and memcmp(cell.start, header.start, cell.size) == 0
    )
