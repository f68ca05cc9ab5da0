# cython: language_level=3
"""Encodes blocks of CSV rows as lines of JSON.

Every write makes room for itself first (`output.pxd`). Every read of a block stops at its end,
where a `bytes` object has a NUL (`csv_row.pxd`).
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from cpython.unicode cimport PyUnicode_DecodeASCII, PyUnicode_DecodeUTF8

from tap_intercom_export.rows.compiled.csv_row cimport (
    BLANK,
    HAS_DOUBLED_QUOTES,
    NOT_CSV,
    USUAL,
    Cell,
    RowKind,
    RowScanner,
    scan,
    set_classes,
)
from tap_intercom_export.rows.compiled.json_text cimport write_text
from tap_intercom_export.rows.compiled.numbers cimport write_usual_number
from tap_intercom_export.rows.compiled.output cimport Output, byte, put
from tap_intercom_export.rows.compiled.times cimport write_usual_time

# What a property is: the place of its `Property.value` in `VALUES`
cdef enum:
    CONSTANT, TEXT, OPTIONAL_ID, TIME, NUMBER, INTEGER, FIRST_TIME, HASH, OBJECT

VALUES = (
    "constant", "text", "optional id", "time", "number", "integer", "first time", "hash", "object"
)

# What became of a value or a row
cdef enum:
    LEFT_TO_PYTHON, IS_WRITTEN, IS_NULL


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
    """Encodes the rows of one CSV file. Only one thread may use it at a time.

    Args:
        plan: What to do with each row, an `EncodingPlan`.
        max_row_bytes: Size of a row from which on it is left to the csv module, which has limits.
    """

    cdef RowScanner _row
    cdef Output _out
    cdef Property* _properties
    cdef Part* _parts
    cdef int _property_count, _key_start, _part_count
    cdef int _missing_id
    cdef bint _with_keys
    cdef bytes _before, _after, _nulls, _hash_start, _constant_time
    cdef bytes _hash  # of the current row, once it is known
    cdef frozenset _missing_ids, _null_ids
    cdef Py_ssize_t _longest_missing_id, _longest_null_id
    cdef list _any_filled, _readers
    cdef object _digest
    cdef list _kept  # the texts to which the structs point

    def __cinit__(self, plan, Py_ssize_t max_row_bytes):
        cdef int place
        properties = [*plan.properties, *plan.keys]
        parts = [part for each in properties for part in each.parts]
        self._kept = [<bytes?>text for text in plan.header]
        self._row.cell_count = len(self._kept)
        self._row.max_row_bytes = max_row_bytes
        self._row.cells = <Cell*>PyMem_Calloc(len(self._kept) + 1, sizeof(Cell))
        self._row.header = <Cell*>PyMem_Calloc(len(self._kept) + 1, sizeof(Cell))
        self._properties = <Property*>PyMem_Calloc(len(properties) + 1, sizeof(Property))
        self._parts = <Part*>PyMem_Calloc(len(parts) + 1, sizeof(Part))
        if not (self._row.cells and self._row.header and self._properties and self._parts):
            raise MemoryError
        if plan.delimiter not in (b",", b";", b"\t"):  # with a NUL, a row would have no end
            raise ValueError(f"is not a delimiter: {plan.delimiter!r}")
        set_classes(&self._row, <byte>plan.delimiter[0])
        for place, text in enumerate(self._kept):
            self._row.header[place].start = <const byte*>PyBytes_AS_STRING(text)
            self._row.header[place].size = PyBytes_GET_SIZE(text)
        self._readers, self._digest = list(plan.readers), plan.hash
        self._before, self._after, self._nulls = <bytes?>plan.before, <bytes?>plan.after, b""
        self._hash_start, self._constant_time = <bytes?>plan.hash_start, <bytes?>plan.constant_time
        self._missing_ids, self._null_ids = plan.missing_ids, plan.null_ids
        self._longest_missing_id = max(map(len, self._missing_ids), default=0)
        self._longest_null_id = max(map(len, self._null_ids), default=0)
        self._missing_id = self._checked(plan.missing_id, self._row.cell_count, -1)
        self._any_filled = [
            self._checked(cell, self._row.cell_count, -1) for cell in plan.any_filled
        ]
        self._key_start, self._property_count = len(plan.properties), len(properties)
        self._with_keys = bool(plan.keys)
        for place, each in enumerate(properties):
            self._set_property(&self._properties[place], each)
        for place, each in enumerate(parts):
            self._set_part(&self._parts[place], each)

    def __dealloc__(self):
        PyMem_Free(self._row.cells)
        PyMem_Free(self._row.header)
        PyMem_Free(self._properties)
        PyMem_Free(self._parts)
        PyMem_Free(self._out.start)

    cdef int _set_property(self, Property* to, each) except -1:
        name, first = <bytes?>each.name, self._part_count
        self._kept.append(name)
        self._part_count += len(each.parts)
        to.value = VALUES.index(each.value)
        to.cell = self._checked(each.cell, self._row.cell_count, -1)
        to.is_hidden, to.is_required = each.is_hidden, each.is_required
        to.is_never_null, to.is_naive_utc = each.is_never_null, each.is_naive_utc
        to.reader = self._checked(each.reader, len(self._readers))
        to.first, to.last = first, self._part_count
        to.name, to.name_size = PyBytes_AS_STRING(name), len(name)
        to.null_start = len(self._nulls)
        self._nulls += each.null
        to.null_end = len(self._nulls)
        return 0

    cdef int _set_part(self, Part* to, each) except -1:
        name = <bytes?>each.name
        self._kept.append(name)
        to.cell = self._checked(each.cell, self._row.cell_count)
        to.reader = self._checked(each.reader, len(self._readers))
        to.is_time, to.is_naive_utc = each.is_time, each.is_naive_utc
        to.name, to.name_size = PyBytes_AS_STRING(name), len(name)
        return 0

    cdef int _checked(self, int place, int count, int lowest=0) except -2:
        """Return an index if it is in range."""
        if not lowest <= place < count:
            raise IndexError(place)
        return place

    def encode(self, bytes data not None, Py_ssize_t start):
        """Encode rows until one needs care.

        Args:
            data: A block of rows with their line ends.
            start: Index of the first byte of a row.

        Returns:
            The lines; the number of them; the keys of the records, if the plan has keys; the index
            of the row that needs care, which is the length of the data if there is none; and the
            index of the row after it, which is the length of the data if the row is not CSV.
        """
        cdef const byte* base = <const byte*>PyBytes_AS_STRING(data)
        cdef const byte* stop = base + PyBytes_GET_SIZE(data)
        cdef const byte* row
        cdef const byte* following = stop
        cdef Py_ssize_t count = 0
        cdef RowKind kind
        cdef list keys = []
        if not 0 <= start <= stop - base:
            raise IndexError(start)
        row = base + start
        self._out.size = 0
        while row < stop:
            kind = scan(&self._row, row, stop)
            if kind == NOT_CSV:
                break
            if kind != BLANK:
                if kind != USUAL or self._encode_row(keys) == LEFT_TO_PYTHON:
                    following = self._row.end
                    break
                count += 1
            row = self._row.end
        lines = PyBytes_FromStringAndSize(self._out.start, self._out.size)
        return lines, count, keys, row - base, following - base

    cdef inline int _put(self, bytes text) except -1:
        return put(&self._out, PyBytes_AS_STRING(text), PyBytes_GET_SIZE(text))

    cdef inline int _put_nulls(self, Py_ssize_t start, Py_ssize_t end) except -1:
        return put(&self._out, PyBytes_AS_STRING(self._nulls) + start, end - start)

    cdef int _encode_row(self, list keys) except -1:
        """Encode the cells of a row, and add its key; return whether it is written."""
        cdef Py_ssize_t size = self._out.size, key_start
        cdef int place
        cdef bint is_filled
        if self._missing_id >= 0 and self._is_missing_id(&self._row.cells[self._missing_id]):
            return LEFT_TO_PYTHON
        if self._any_filled:
            is_filled = False
            for place in self._any_filled:
                if place >= 0 and self._row.cells[place].size:
                    is_filled = True
            if not is_filled:
                return LEFT_TO_PYTHON
        self._hash = None
        self._put(self._before)
        if self._write_properties(0, self._key_start) != IS_WRITTEN:
            self._out.size = size
            return LEFT_TO_PYTHON
        self._put(self._after)
        if self._with_keys:
            key_start = self._out.size
            if self._write_properties(self._key_start, self._property_count) != IS_WRITTEN:
                self._out.size = size
                return LEFT_TO_PYTHON
            key = self._out.start + key_start
            keys.append(PyUnicode_DecodeASCII(key, self._out.size - key_start, NULL))
            self._out.size = key_start
        return IS_WRITTEN

    cdef bint _is_missing_id(self, Cell* cell) except -1:
        return cell.size <= self._longest_missing_id and PyBytes_FromStringAndSize(
            <const char*>cell.start, cell.size) in self._missing_ids

    cdef bint _is_null_id(self, Cell* cell) except -1:
        return cell.size <= self._longest_null_id and PyBytes_FromStringAndSize(
            <const char*>cell.start, cell.size) in self._null_ids

    cdef int _write_properties(self, int first, int last) except -1:
        """Write a range of properties; return whether all are written."""
        cdef int place = first, result
        cdef Property* each
        cdef Py_ssize_t size, null_start
        while place < last:
            each = &self._properties[place]
            if each.value == CONSTANT:
                put(&self._out, each.name, each.name_size)
                place += 1
                continue
            if self._is_empty(each):
                null_start = each.null_start
                while place < last and self._is_empty(&self._properties[place]):
                    each = &self._properties[place]
                    if each.is_required:
                        return LEFT_TO_PYTHON
                    place += 1
                self._put_nulls(null_start, each.null_end)  # of neighbours at once
                continue
            size = self._out.size
            put(&self._out, each.name, each.name_size)
            result = self._write_value(each)
            if result == LEFT_TO_PYTHON:
                return LEFT_TO_PYTHON
            if result == IS_NULL:
                if each.is_never_null:
                    return LEFT_TO_PYTHON
                self._out.size = size
                if not each.is_hidden:
                    self._put_nulls(each.null_start, each.null_end)
            elif each.is_hidden:
                self._out.size = size
            place += 1
        return IS_WRITTEN

    cdef inline bint _is_empty(self, Property* each):
        return TEXT <= each.value <= INTEGER and (
            each.cell < 0 or self._row.cells[each.cell].size == 0
        )

    cdef int _write_value(self, Property* each) except -1:
        cdef Cell* cell
        if each.value == FIRST_TIME:
            return self._write_first_time(each)
        if each.value == HASH:
            return self._write_hash(each)
        if each.value == OBJECT:
            return self._write_object(each)
        cell = &self._row.cells[each.cell]
        if each.value == TEXT:
            write_text(&self._out, cell)
            return IS_WRITTEN
        if each.value == OPTIONAL_ID:
            if self._is_null_id(cell):
                return IS_NULL
            write_text(&self._out, cell)
            return IS_WRITTEN
        if each.value == TIME:
            return self._write_time(cell, each.is_naive_utc, each.reader)
        if write_usual_number(&self._out, cell, each.value == INTEGER):
            return IS_WRITTEN
        return self._write_by_reader(cell, each.reader)

    cdef int _write_by_reader(self, Cell* cell, int reader) except -1:
        """Write what a Python function reads in a cell."""
        text = PyUnicode_DecodeUTF8(<const char*>cell.start, cell.size, NULL)
        if cell.flags & HAS_DOUBLED_QUOTES:
            text = text.replace('""', '"')
        try:
            value = <bytes?>self._readers[reader](text)
        except ValueError:
            return LEFT_TO_PYTHON
        if value == b"null":
            return IS_NULL
        self._put(value)
        return IS_WRITTEN

    cdef inline int _write_time(self, Cell* cell, bint is_naive_utc, int reader) except -1:
        if write_usual_time(&self._out, cell, is_naive_utc):
            return IS_WRITTEN
        return self._write_by_reader(cell, reader)

    cdef int _write_first_time(self, Property* each) except -1:
        """Write the first time that is not null, or the constant one."""
        cdef int place, result
        cdef Part* part
        cdef Py_ssize_t size = self._out.size
        for place in range(each.first, each.last):
            part = &self._parts[place]
            if part.cell < 0 or self._row.cells[part.cell].size == 0:
                continue
            result = self._write_time(&self._row.cells[part.cell], part.is_naive_utc, part.reader)
            if result == IS_WRITTEN:
                return IS_WRITTEN
            self._out.size = size
            if result == LEFT_TO_PYTHON and not self._constant_time:
                return LEFT_TO_PYTHON
        if not self._constant_time:
            return LEFT_TO_PYTHON
        self._put(self._constant_time)
        return IS_WRITTEN

    cdef int _write_hash(self, Property* each) except -1:
        """Write the hash of the parts, which is in the JSON text of an array of pairs."""
        cdef int place
        cdef Part* part
        cdef Cell* cell
        cdef Py_ssize_t size = self._out.size, start
        cdef bint is_first = True
        if self._hash is None:
            self._put(self._hash_start)
            for place in range(each.first, each.last):
                part = &self._parts[place]
                cell = &self._row.cells[part.cell]
                if cell.size == 0:
                    continue
                if not is_first:
                    put(&self._out, b",", 1)
                is_first = False
                put(&self._out, part.name, part.name_size)
                start = self._out.size
                if not part.is_time or self._write_time(cell, True, part.reader) != IS_WRITTEN:
                    self._out.size = start
                    write_text(&self._out, cell)
                put(&self._out, b"]", 1)
            put(&self._out, b"]]", 2)
            self._hash = <bytes?>self._digest(PyBytes_FromStringAndSize(
                self._out.start + size, self._out.size - size))
            self._out.size = size
        self._put(self._hash)
        return IS_WRITTEN

    cdef int _write_object(self, Property* each) except -1:
        """Write the parts as a JSON object of texts."""
        cdef int place
        cdef Part* part
        cdef Cell* cell
        put(&self._out, b"{", 1)
        for place in range(each.first, each.last):
            part = &self._parts[place]
            cell = &self._row.cells[part.cell]
            put(&self._out, part.name, part.name_size)
            if cell.size:
                write_text(&self._out, cell)
            else:
                put(&self._out, b"null", 4)
        put(&self._out, b"}", 1)
        return IS_WRITTEN
