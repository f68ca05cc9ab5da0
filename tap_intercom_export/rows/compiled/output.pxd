"""A growing buffer for the encoded lines. Nothing else allocates or checks its size."""

from cpython.mem cimport PyMem_Realloc
from libc.string cimport memcpy

ctypedef unsigned char byte


cdef struct Output:
    char* start
    Py_ssize_t size
    Py_ssize_t capacity


cdef inline int reserve(Output* out, Py_ssize_t size) except -1:
    """Make room for a number of bytes after the last one."""
    cdef Py_ssize_t capacity
    cdef char* start
    if size > out.capacity - out.size:
        capacity = 2 * (out.size + size) + 4096
        start = <char*>PyMem_Realloc(out.start, capacity)
        if not start:
            raise MemoryError
        out.start, out.capacity = start, capacity
    return 0


cdef inline int put(Output* out, const char* text, Py_ssize_t size) except -1:
    """Append bytes."""
    reserve(out, size)
    memcpy(out.start + out.size, text, size)
    out.size += size
    return 0
