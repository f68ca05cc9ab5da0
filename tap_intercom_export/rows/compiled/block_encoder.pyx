# cython: language_level=3
"""Encodes blocks of CSV rows as JSON lines.

Every write goes through `_put` or after `_reserve`, which make room for it, and every read stops at
the end of the block: `bytes` objects end with a NUL, which stops each loop.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from cpython.unicode cimport PyUnicode_DecodeASCII, PyUnicode_DecodeUTF8
from libc.string cimport memcmp, memcpy

ctypedef unsigned char byte

# The classes of bytes; PLAIN is every byte that JSON writes as it is.
cdef enum:
    PLAIN, ESCAPED, BEYOND_ASCII, DELIMITER, QUOTE, LINE_FEED, CARRIAGE_RETURN, NUL

# What kind of value a property has: the place of each in `VALUES`.
cdef enum:
    CONSTANT, TEXT, OPTIONAL_ID, TIME, NUMBER, INTEGER, FIRST_TIME, HASH, OBJECT

VALUES = (
    "constant", "text", "optional id", "time", "number", "integer", "first time", "hash", "object"
)

# What became of a row or a value
cdef enum:
    UNUSUAL, DONE, IS_NULL

# What a row is
cdef enum:
    NOT_CSV, INVALID, BLANK, ROW

# Why a cell cannot be copied as it is
cdef enum:
    HAS_ESCAPES = 1, HAS_BEYOND_ASCII = 2, HAS_DOUBLED_QUOTES = 4

cdef Py_ssize_t LONGEST_ESCAPE = 6, LONGEST_TIME = 32, LONGEST_MISSING_ID = 4
cdef int MAX_PLAIN_DIGITS = 15

cdef const char* HEX = "0123456789abcdef"
cdef int[13] DAYS = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

cdef byte[256] JSON_CLASSES
"""The class of each byte inside of a quoted cell, where a delimiter has none."""
cdef byte[256] SHORT_ESCAPES
"""The letter of each byte's short escape in JSON; 0 if it has none."""

cdef int _code
for _code in range(256):
    JSON_CLASSES[_code] = ESCAPED if _code < 0x20 or _code in b"\\\x7f" else (
        PLAIN if _code < 0x80 else BEYOND_ASCII
    )
    SHORT_ESCAPES[_code] = 0
for _code, _letter in zip(b'"\\\b\f\n\r\t', b'"\\bfnrt'):
    SHORT_ESCAPES[_code] = _letter
JSON_CLASSES[c'"'] = QUOTE
JSON_CLASSES[c'\n'] = LINE_FEED
JSON_CLASSES[c'\r'] = CARRIAGE_RETURN
JSON_CLASSES[0] = NUL


cdef struct Cell:
    const byte* start
    Py_ssize_t size
    int flags


cdef struct Property:
    int value
    int cell  # -1 if the file has no such column
    bint is_hidden  # read, but not written
    bint is_required  # the row is unusual if the cell is empty
    bint is_never_null
    bint is_naive_utc  # a time without an offset is UTC
    int reader  # place in BlockEncoder._readers
    int first, last  # their range in BlockEncoder._parts
    const char* name  # the name and what stands around it, e.g. `,"url":`
    Py_ssize_t name_size
    Py_ssize_t null_start, null_end  # in BlockEncoder._nulls


cdef struct Part:
    # A column that is a part of a property: of its hash, of its object, or one of its times
    int cell
    int reader
    bint is_time
    bint is_naive_utc
    const char* name
    Py_ssize_t name_size


cdef class BlockEncoder:
    """Encodes the rows of one CSV file.

    Args:
        plan: What to do, as `plan.EncodingPlan` has it.
    """

    cdef list _kept  # the names to which the structs point
    cdef byte[256] _classes
    cdef list _readers
    cdef object _digest
    cdef bytes _hash  # of the current row, once it is known
    cdef bytes _hash_start, _constant_time
    cdef int _cell_count
    cdef Cell* _cells
    cdef int _property_count, _key_start, _part_count
    cdef Property* _properties
    cdef Part* _parts
    cdef bytes _nulls, _before, _after
    cdef list _header
    cdef frozenset _missing_ids
    cdef int _missing_id
    cdef list _any_filled
    cdef bint _with_keys
    cdef Py_ssize_t _max_cell_bytes
    cdef char* _out
    cdef Py_ssize_t _size, _capacity
    # the row that `_scan` has read
    cdef const byte* _end
    cdef int _count
    cdef bint _is_header

    def __cinit__(self, plan, Py_ssize_t max_cell_bytes):
        cdef int place
        self._kept = []
        for place in range(256):
            self._classes[place] = JSON_CLASSES[place]
        self._classes[<int>plan.delimiter[0]] = DELIMITER
        self._cell_count = len(plan.header)
        self._header = list(plan.header)
        self._readers = list(plan.readers)
        self._digest, self._hash_start = plan.hash, plan.hash_start
        self._before, self._after, self._nulls = plan.before, plan.after, b""
        self._constant_time = plan.constant_time
        self._missing_ids, self._missing_id = plan.missing_ids, plan.missing_id
        self._any_filled = list(plan.any_filled)
        self._max_cell_bytes = max_cell_bytes
        self._cells = <Cell*>PyMem_Malloc((self._cell_count + 1) * sizeof(Cell))
        properties = [*plan.properties, *plan.keys]
        parts = [part for each in properties for part in each.parts]
        self._key_start, self._property_count = len(plan.properties), len(properties)
        self._with_keys = bool(plan.keys)
        self._properties = <Property*>PyMem_Malloc((len(properties) + 1) * sizeof(Property))
        self._parts = <Part*>PyMem_Malloc((len(parts) + 1) * sizeof(Part))
        if not self._cells or not self._properties or not self._parts:
            raise MemoryError
        for place, each in enumerate(properties):
            self._keep_property(&self._properties[place], each)
        for place, each in enumerate(parts):
            self._keep_part(&self._parts[place], each)
        for place in (*self._any_filled, self._missing_id):
            self._check(place, self._cell_count)

    def __dealloc__(self):
        PyMem_Free(self._cells)
        PyMem_Free(self._properties)
        PyMem_Free(self._parts)
        PyMem_Free(self._out)

    cdef int _keep_property(self, Property* kept, each) except -1:
        name, first = <bytes>each.name, self._part_count
        self._kept.append(name)
        self._part_count += len(each.parts)
        kept.value = VALUES.index(each.value)
        kept.cell = self._check(each.cell, self._cell_count)
        kept.is_hidden, kept.is_required = each.is_hidden, each.is_required
        kept.is_never_null, kept.is_naive_utc = each.is_never_null, each.is_naive_utc
        kept.reader = self._check(each.reader, len(self._readers))
        kept.first, kept.last = first, self._part_count
        kept.name, kept.name_size = PyBytes_AS_STRING(name), len(name)
        kept.null_start = len(self._nulls)
        self._nulls += each.null
        kept.null_end = len(self._nulls)
        return 0

    cdef int _keep_part(self, Part* kept, each) except -1:
        name = <bytes>each.name
        self._kept.append(name)
        kept.cell = self._check(each.cell, self._cell_count)
        kept.reader = self._check(each.reader, len(self._readers))
        kept.is_time, kept.is_naive_utc = each.is_time, each.is_naive_utc
        kept.name, kept.name_size = PyBytes_AS_STRING(name), len(name)
        return 0

    cdef int _check(self, int place, int count) except -2:
        """Return an index, -1 included, if it is in range."""
        if not -1 <= place < count:
            raise IndexError(place)
        return place

    def encode(self, bytes data, Py_ssize_t start):
        """Encode rows until one is unusual.

        Args:
            data: Rows with their line ends.
            start: Where to begin: the first byte of a row.

        Returns:
            The lines; their number; the keys of the records; the index of the first row that was
            not encoded, which is the length of the data if there is none; and the index of the row
            after it, which is the length of the data if the row is not CSV.
        """
        cdef const byte* base = <const byte*>PyBytes_AS_STRING(data)
        cdef const byte* stop = base + PyBytes_GET_SIZE(data)
        cdef const byte* row = base + start
        cdef Py_ssize_t count = 0
        cdef int kind
        cdef list keys = []
        if not 0 <= start <= stop - base:
            raise IndexError(start)
        self._size = 0
        while row < stop:
            kind = self._scan(row, stop)
            if kind == NOT_CSV:
                self._end = stop
            if kind != BLANK:
                if kind != ROW or self._row(keys) != DONE:
                    break
                count += 1
            row = self._end
        else:
            self._end = stop
        return (
            PyBytes_FromStringAndSize(self._out, self._size), count, keys, row - base,
            self._end - base,
        )

    # Reading

    cdef int _scan(self, const byte* at, const byte* stop) except -1:
        """Find the cells of a row, and its end; return what it is."""
        cdef const byte* row = at
        cdef const byte* start
        cdef int found, flags, row_flags = 0, number = 0
        cdef bint is_quoted = False, is_invalid = False
        if stop - at >= 3 and memcmp(at, b"\xef\xbb\xbf", 3) == 0:  # a byte order mark
            return NOT_CSV
        self._is_header = True
        while True:
            flags = 0
            start = at
            if at[0] == c'"':
                is_quoted = True
                at += 1
                start = at
                while True:
                    found = JSON_CLASSES[at[0]]
                    if found == PLAIN:
                        at += 1
                    elif found == QUOTE:
                        if at[1] != c'"':
                            break
                        flags |= HAS_ESCAPES | HAS_DOUBLED_QUOTES
                        at += 2
                    elif found == NUL:
                        if at == stop:
                            return NOT_CSV
                        is_invalid = True
                        at += 1
                    else:
                        flags |= HAS_BEYOND_ASCII if found == BEYOND_ASCII else HAS_ESCAPES
                        at += 1
                if at - start >= self._max_cell_bytes:
                    return NOT_CSV
                self._add(number, start, at - start, flags)
                at += 1
                found = self._classes[at[0]]
            else:
                while True:
                    found = self._classes[at[0]]
                    if found == PLAIN:
                        at += 1
                    elif found == ESCAPED or found == QUOTE:
                        flags |= HAS_ESCAPES
                        at += 1
                    elif found == BEYOND_ASCII:
                        flags |= HAS_BEYOND_ASCII
                        at += 1
                    elif found == NUL and at != stop:
                        is_invalid = True
                        at += 1
                    else:
                        break
                self._add(number, start, at - start, flags)
            number += 1
            row_flags |= flags
            if found == DELIMITER:
                at += 1
                continue
            if found == CARRIAGE_RETURN:
                at += 1
                if at == stop:
                    break
                found = self._classes[at[0]]
                if found != LINE_FEED:
                    return NOT_CSV
            if found == LINE_FEED:
                at += 1
                break
            if at == stop:
                break
            return NOT_CSV
        self._end, self._count = at, number
        if number == 1 and not is_quoted and self._cells[0].size == 0 and not is_invalid:
            return BLANK
        if is_invalid:
            return INVALID
        if row_flags & HAS_BEYOND_ASCII and not _is_utf_8(row, at):
            return INVALID
        if number != self._cell_count or self._is_header:
            return INVALID
        return ROW

    cdef inline int _add(
        self, int number, const byte* start, Py_ssize_t size, int flags
    ) except -1:
        """Keep a cell, and compare it with that of the header."""
        if number >= self._cell_count:
            return 0
        self._cells[number] = Cell(start, size, flags)
        if self._is_header and not flags & HAS_DOUBLED_QUOTES:
            name = <bytes>self._header[number]
            self._is_header = (
                PyBytes_GET_SIZE(name) == size
                and memcmp(PyBytes_AS_STRING(name), start, size) == 0
            )
        return 0

    cdef object _cell_text(self, Cell* cell):
        text = PyUnicode_DecodeUTF8(<const char*>cell.start, cell.size, NULL)
        return text.replace('""', '"') if cell.flags & HAS_DOUBLED_QUOTES else text

    # Writing

    cdef inline int _reserve(self, Py_ssize_t size) except -1:
        """Make room for a number of bytes."""
        cdef Py_ssize_t capacity
        cdef char* out
        if self._size + size > self._capacity:
            capacity = 2 * (self._size + size) + 4096
            out = <char*>PyMem_Realloc(self._out, capacity)
            if not out:
                raise MemoryError
            self._out, self._capacity = out, capacity
        return 0

    cdef inline int _put(self, const char* text, Py_ssize_t size) except -1:
        self._reserve(size)
        memcpy(self._out + self._size, text, size)
        self._size += size
        return 0

    cdef inline int _put_bytes(self, bytes text) except -1:
        return self._put(PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))

    cdef int _row(self, list keys) except -1:
        """Encode the cells of a row, and add its key; return whether that is DONE."""
        cdef Py_ssize_t size = self._size
        cdef int place
        cdef bint is_filled
        if self._missing_id >= 0 and self._is_missing_id(&self._cells[self._missing_id]):
            return UNUSUAL
        if self._any_filled:
            is_filled = False
            for place in self._any_filled:
                if place >= 0 and self._cells[place].size:
                    is_filled = True
            if not is_filled:
                return UNUSUAL
        self._hash = None
        self._put_bytes(self._before)
        if self._write_properties(0, self._key_start) != DONE:
            self._size = size
            return UNUSUAL
        self._put_bytes(self._after)
        if self._with_keys:
            size = self._size
            if self._write_properties(self._key_start, self._property_count) != DONE:
                raise AssertionError("a key is read as its property is")
            keys.append(PyUnicode_DecodeASCII(self._out + size, self._size - size, NULL))
            self._size = size
        return DONE

    cdef bint _is_missing_id(self, Cell* cell) except -1:
        return cell.size <= LONGEST_MISSING_ID and PyBytes_FromStringAndSize(
            <const char*>cell.start, cell.size) in self._missing_ids

    cdef int _write_properties(self, int first, int last) except -1:
        """Write properties; return whether that is DONE."""
        cdef int place = first, result
        cdef Property* each
        cdef Py_ssize_t size, null_start
        while place < last:
            each = &self._properties[place]
            if each.value == CONSTANT:
                self._put(each.name, each.name_size)
                place += 1
                continue
            if TEXT <= each.value <= INTEGER and (
                each.cell < 0 or self._cells[each.cell].size == 0
            ):
                if each.is_required:
                    return UNUSUAL
                null_start = each.null_start
                place += 1
                while place < last and self._is_empty(&self._properties[place]):
                    each = &self._properties[place]
                    place += 1
                self._put(
                    PyBytes_AS_STRING(self._nulls) + null_start, each.null_end - null_start
                )
                continue
            size = self._size
            self._put(each.name, each.name_size)
            result = self._write_value(each)
            if result == UNUSUAL:
                return UNUSUAL
            if result == IS_NULL:
                if each.is_never_null:
                    return UNUSUAL
                self._size = size
                if not each.is_hidden:
                    self._put(
                        PyBytes_AS_STRING(self._nulls) + each.null_start,
                        each.null_end - each.null_start,
                    )
            elif each.is_hidden:
                self._size = size
            place += 1
        return DONE

    cdef inline bint _is_empty(self, Property* each):
        return (
            TEXT <= each.value <= INTEGER
            and not each.is_required
            and (each.cell < 0 or self._cells[each.cell].size == 0)
        )

    cdef int _write_value(self, Property* each) except -1:
        cdef Cell* cell
        if each.value == FIRST_TIME:
            return self._write_first_time(each)
        if each.value == HASH:
            return self._write_hash(each)
        if each.value == OBJECT:
            return self._write_object(each)
        cell = &self._cells[each.cell]
        if each.value == TEXT:
            return self._write_text(cell)
        if each.value == OPTIONAL_ID:
            if (cell.size == 2 and memcmp(cell.start, b"-1", 2) == 0) or (
                cell.size == 3 and memcmp(cell.start, b"'-1", 3) == 0
            ):
                return IS_NULL
            return self._write_text(cell)
        if each.value == TIME:
            return self._write_time(cell, each.is_naive_utc, each.reader)
        if self._write_number(cell, each.value == INTEGER):
            return DONE
        return self._write_by_reader(cell, each.reader)

    cdef int _write_by_reader(self, Cell* cell, int reader) except -1:
        """Write what a Python function reads in a cell."""
        try:
            text = <bytes>self._readers[reader](self._cell_text(cell))
        except ValueError:
            return UNUSUAL
        if text == b"null":
            return IS_NULL
        self._put_bytes(text)
        return DONE

    cdef int _write_text(self, Cell* cell) except -1:
        self._reserve(cell.size * LONGEST_ESCAPE + 2)
        self._out[self._size] = c'"'
        self._size += 1
        self._write_inner_text(cell)
        self._out[self._size] = c'"'
        self._size += 1
        return DONE

    cdef int _write_inner_text(self, Cell* cell) except -1:
        """Write a text as it is inside of a JSON string, with one byte to spare."""
        cdef char* out
        cdef const byte* at = cell.start
        cdef const byte* end = at + cell.size
        cdef int found
        cdef unsigned int code
        self._reserve(cell.size * LONGEST_ESCAPE + 1)
        out = self._out + self._size
        if not cell.flags:
            memcpy(out, at, cell.size)
            self._size += cell.size
            return 0
        while at < end:
            found = JSON_CLASSES[at[0]]
            if found == PLAIN:
                out[0] = at[0]
                out += 1
                at += 1
            elif found == BEYOND_ASCII:  # `_scan` has checked that it is UTF-8
                if at[0] < 0xE0:
                    code = (at[0] & 0x1F) << 6 | at[1] & 0x3F
                    at += 2
                elif at[0] < 0xF0:
                    code = (at[0] & 0x0F) << 12 | (at[1] & 0x3F) << 6 | at[2] & 0x3F
                    at += 3
                else:
                    code = (at[0] & 0x07) << 18 | (at[1] & 0x3F) << 12 | (at[2] & 0x3F) << 6
                    code |= at[3] & 0x3F
                    code -= 0x10000
                    out = _escape(out, 0xD800 + (code >> 10))
                    code = 0xDC00 + (code & 0x3FF)
                    at += 4
                out = _escape(out, code)
            else:
                if SHORT_ESCAPES[at[0]]:
                    out[0] = c'\\'
                    out[1] = SHORT_ESCAPES[at[0]]
                    out += 2
                else:
                    out = _escape(out, at[0])
                # a doubled quote is one quote
                at += 2 if found == QUOTE and cell.flags & HAS_DOUBLED_QUOTES else 1
        self._size = out - self._out
        return 0

    cdef int _write_number(self, Cell* cell, bint is_integer) except -1:
        """Write a number if JSON writes it as the cell does; return whether it was written."""
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
        self._put(<const char*>cell.start, cell.size)
        return True

    cdef int _write_time(self, Cell* cell, bint is_naive_utc, int reader) except -1:
        if self._write_usual_time(cell.start, cell.size, is_naive_utc):
            return DONE
        return self._write_by_reader(cell, reader)

    cdef int _write_usual_time(
        self, const byte* at, Py_ssize_t size, bint is_naive_utc
    ) except -1:
        """Write a time in one of the usual formats; return whether it was written."""
        cdef char* out
        cdef Py_ssize_t fraction_size = 0, rest
        cdef const byte* end = at + size
        cdef int year, month, day
        cdef long long seconds = 0
        cdef int thousandths = 0
        self._reserve(LONGEST_TIME)
        out = self._out + self._size
        if size >= 19 and at[4] == c'-':
            if not (
                _are_digits(at, 4) and _are_digits(at + 5, 2) and _are_digits(at + 8, 2)
                and _are_digits(at + 11, 2) and _are_digits(at + 14, 2) and _are_digits(at + 17, 2)
                and at[7] == c'-' and (at[10] == c'T' or at[10] == c' ')
                and at[13] == c':' and at[16] == c':'
            ):
                return False
            year, month, day = _two(at) * 100 + _two(at + 2), _two(at + 5), _two(at + 8)
            if year == 0 or not 1 <= month <= 12 or not 1 <= day <= DAYS[month]:
                return False
            if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
                return False
            if _two(at + 11) > 23 or at[14] > c'5' or at[17] > c'5':
                return False
            out[0] = c'"'
            memcpy(out + 1, at, 19)
            out[11] = c'T'
            out += 20
            at += 19
            if at < end and at[0] == c'.':
                at += 1
                while at + fraction_size < end and c'0' <= at[fraction_size] <= c'9':
                    fraction_size += 1
                if not 1 <= fraction_size <= 9:
                    return False
                rest = end - at - fraction_size
                if fraction_size > 6:
                    fraction_size = 6
                while fraction_size and at[fraction_size - 1] == c'0':
                    fraction_size -= 1
                if fraction_size:
                    out[0] = c'.'
                    memcpy(out + 1, at, fraction_size)
                    out += 1 + fraction_size
                at = end - rest
            rest = end - at
            if rest and at[0] == c' ' and rest != 1:
                at += 1
                rest -= 1
            if not (
                (rest == 1 and at[0] == c'Z')
                or (rest == 3 and memcmp(at, b"UTC", 3) == 0)
                or (rest == 6 and memcmp(at, b"+00:00", 6) == 0)
                or (rest == 0 and is_naive_utc)
            ):
                return False
        elif (size == 10 or size == 13) and at[0] != c'0' and _are_digits(at, size):
            while at < end:
                seconds = seconds * 10 + (at[0] - c'0')
                at += 1
            if size == 13:
                thousandths = seconds % 1000
                seconds //= 1000
            out = _write_instant(out, seconds)
            if thousandths:
                out[0] = c'.'
                out[1] = c'0' + thousandths // 100
                _write_two(out + 2, thousandths % 100)
                out += 4
                while out[-1] == c'0':
                    out -= 1
        else:
            return False
        out[0] = c'Z'
        out[1] = c'"'
        self._size = out + 2 - self._out
        return True

    cdef int _write_first_time(self, Property* each) except -1:
        """Write the first time that is not null, or the constant one."""
        cdef int place, result
        cdef Part* part
        cdef Py_ssize_t size = self._size
        for place in range(each.first, each.last):
            part = &self._parts[place]
            if part.cell < 0 or self._cells[part.cell].size == 0:
                continue
            result = self._write_time(&self._cells[part.cell], part.is_naive_utc, part.reader)
            if result == DONE:
                return DONE
            self._size = size
            if result == UNUSUAL and not self._constant_time:
                return UNUSUAL
        if not self._constant_time:
            return UNUSUAL
        self._put_bytes(self._constant_time)
        return DONE

    cdef int _write_hash(self, Property* each) except -1:
        """Write the hash of the parts, which is in the JSON text of an array of pairs."""
        cdef int place
        cdef Part* part
        cdef Cell* cell
        cdef Py_ssize_t size = self._size, start
        cdef bint is_first = True
        if self._hash is None:
            self._put_bytes(self._hash_start)
            for place in range(each.first, each.last):
                part = &self._parts[place]
                cell = &self._cells[part.cell]
                if cell.size == 0:
                    continue
                if not is_first:
                    self._put(b",", 1)
                is_first = False
                self._put(part.name, part.name_size)
                start = self._size
                if not part.is_time or self._write_time(cell, True, part.reader) != DONE:
                    self._size = start
                    self._write_text(cell)
                self._put(b"]", 1)
            self._put(b"]]", 2)
            self._hash = self._digest(PyBytes_FromStringAndSize(
                self._out + size, self._size - size))
            self._size = size
        self._put_bytes(self._hash)
        return DONE

    cdef int _write_object(self, Property* each) except -1:
        """Write the parts as a JSON object of texts."""
        cdef int place
        cdef Part* part
        cdef Cell* cell
        self._put(b"{", 1)
        for place in range(each.first, each.last):
            part = &self._parts[place]
            cell = &self._cells[part.cell]
            self._put(part.name, part.name_size)
            if cell.size:
                self._write_text(cell)
            else:
                self._put(b"null", 4)
        self._put(b"}", 1)
        return DONE


cdef inline char* _escape(char* out, unsigned int code) noexcept:
    """Write `\\uXXXX`; return where to go on."""
    out[0] = c'\\'
    out[1] = c'u'
    out[2] = HEX[code >> 12 & 15]
    out[3] = HEX[code >> 8 & 15]
    out[4] = HEX[code >> 4 & 15]
    out[5] = HEX[code & 15]
    return out + 6


cdef inline int _two(const byte* at) noexcept:
    """Return the number that two digits are."""
    return (at[0] - c'0') * 10 + (at[1] - c'0')


cdef inline void _write_two(char* out, int number) noexcept:
    out[0] = c'0' + number // 10
    out[1] = c'0' + number % 10


cdef inline bint _are_digits(const byte* at, Py_ssize_t size) noexcept:
    cdef Py_ssize_t place
    for place in range(size):
        if not c'0' <= at[place] <= c'9':
            return False
    return True


cdef char* _write_instant(char* out, long long unix) noexcept:
    """Write a quote and a time to the second; return where to go on.

    The date is by Howard Hinnant's `civil_from_days`: years begin in March, in eras of 400.
    """
    cdef long long days = unix // 86400
    cdef int second = unix % 86400
    cdef long long era = (days + 719468) // 146097
    cdef int of_era = days + 719468 - era * 146097
    cdef int year = (of_era - of_era // 1460 + of_era // 36524 - of_era // 146096) // 365
    cdef int of_year = of_era - (365 * year + year // 4 - year // 100)
    cdef int month = (5 * of_year + 2) // 153
    cdef int day = of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year += era * 400 + (month <= 2)
    out[0] = c'"'
    _write_two(out + 1, year // 100)
    _write_two(out + 3, year % 100)
    out[5] = c'-'
    _write_two(out + 6, month)
    out[8] = c'-'
    _write_two(out + 9, day)
    out[11] = c'T'
    _write_two(out + 12, second // 3600)
    out[14] = c':'
    _write_two(out + 15, second // 60 % 60)
    out[17] = c':'
    _write_two(out + 18, second % 60)
    return out + 20


cdef bint _is_utf_8(const byte* at, const byte* end) noexcept:
    """Return whether bytes are UTF-8 as Python reads it: no surrogates, no longer form."""
    cdef int more, place
    cdef unsigned int code
    while at < end:
        if at[0] < 0x80:
            at += 1
            continue
        if 0xC2 <= at[0] < 0xE0:
            more, code = 1, at[0] & 0x1F
        elif 0xE0 <= at[0] < 0xF0:
            more, code = 2, at[0] & 0x0F
        elif 0xF0 <= at[0] < 0xF5:
            more, code = 3, at[0] & 0x07
        else:
            return False
        if end - at <= more:
            return False
        for place in range(1, more + 1):
            if at[place] & 0xC0 != 0x80:
                return False
            code = code << 6 | at[place] & 0x3F
        if more == 2 and (code < 0x800 or 0xD800 <= code < 0xE000):
            return False
        if more == 3 and not 0x10000 <= code < 0x110000:
            return False
        at += more + 1
    return True
