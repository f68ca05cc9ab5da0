"""Times in the formats that Intercom usually writes; the others are left to Python."""

from libc.string cimport memcmp, memcpy

from tap_intercom_export.rows.compiled.csv_row cimport Cell
from tap_intercom_export.rows.compiled.output cimport Output, byte, reserve

cdef enum:
    LONGEST_TIME = 29  # `"2026-04-13T12:32:22.417123Z"`
    SECOND_DIGITS = 10  # of unix times from 2001 to 2286
    MILLISECOND_DIGITS = 13


cdef inline bint write_usual_time(Output* out, Cell* cell, bint is_naive_utc) except -1:
    """Write a time as `cell_parsers.time` returns it; return whether it has a usual format.

    Args:
        out: Where the JSON string goes.
        cell: A cell that is not empty.
        is_naive_utc: Whether a time without an offset is UTC.
    """
    cdef char* to
    reserve(out, LONGEST_TIME)
    to = out.start + out.size
    to[0] = c'"'
    if cell.size == SECOND_DIGITS or cell.size == MILLISECOND_DIGITS:
        to = _write_unix(to + 1, cell.start, cell.size)
    elif cell.size >= 19:
        to = _write_iso(to + 1, cell.start, cell.size, is_naive_utc)
    else:
        return False
    if to == NULL:
        return False
    to[0] = c'Z'
    to[1] = c'"'
    out.size = to + 2 - out.start
    return True


cdef inline char* _write_iso(
    char* to, const byte* at, Py_ssize_t size, bint is_naive_utc
) noexcept:
    """Write a time like `2026-04-13 12:32:22.417 UTC`; return where to go on, or NULL."""
    cdef Py_ssize_t fraction_size = 0, rest
    cdef const byte* end = at + size
    cdef int year, month, day
    if not (
        _are_digits(at, 4) and _are_digits(at + 5, 2) and _are_digits(at + 8, 2)
        and _are_digits(at + 11, 2) and _are_digits(at + 14, 2) and _are_digits(at + 17, 2)
        and at[4] == c'-' and at[7] == c'-' and (at[10] == c'T' or at[10] == c' ')
        and at[13] == c':' and at[16] == c':'
    ):
        return NULL
    year, month, day = _two(at) * 100 + _two(at + 2), _two(at + 5), _two(at + 8)
    if year == 0 or not 1 <= month <= 12 or not 1 <= day <= _days_in(year, month):
        return NULL
    if _two(at + 11) > 23 or at[14] > c'5' or at[17] > c'5':
        return NULL
    memcpy(to, at, 19)
    to[10] = c'T'
    to += 19
    at += 19
    if at < end and at[0] == c'.':
        at += 1
        while at + fraction_size < end and c'0' <= at[fraction_size] <= c'9':
            fraction_size += 1
        if not 1 <= fraction_size <= 9:
            return NULL
        rest = end - at - fraction_size
        if fraction_size > 6:
            fraction_size = 6
        while fraction_size and at[fraction_size - 1] == c'0':
            fraction_size -= 1
        if fraction_size:
            to[0] = c'.'
            memcpy(to + 1, at, fraction_size)
            to += 1 + fraction_size
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
        return NULL
    return to


cdef inline char* _write_unix(char* to, const byte* at, Py_ssize_t size) noexcept:
    """Write a time in unix seconds or milliseconds; return where to go on, or NULL."""
    cdef long long number = 0
    cdef int milliseconds = 0
    cdef Py_ssize_t place
    if at[0] == c'0' or not _are_digits(at, size):
        return NULL
    for place in range(size):
        number = number * 10 + (at[place] - c'0')
    if size == MILLISECOND_DIGITS:
        milliseconds = number % 1000
        number //= 1000
    to = _write_instant(to, number)
    if milliseconds:
        to[0] = c'.'
        to[1] = c'0' + milliseconds // 100
        _write_two(to + 2, milliseconds % 100)
        to += 4
        while to[-1] == c'0':
            to -= 1
    return to


cdef inline int _days_in(int year, int month) noexcept:
    """Return the number of days of a month."""
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


cdef inline int _two(const byte* at) noexcept:
    """Return the number that two digits are."""
    return (at[0] - c'0') * 10 + (at[1] - c'0')


cdef inline void _write_two(char* to, int number) noexcept:
    to[0] = c'0' + number // 10
    to[1] = c'0' + number % 10


cdef inline bint _are_digits(const byte* at, Py_ssize_t size) noexcept:
    cdef Py_ssize_t place
    for place in range(size):
        if not c'0' <= at[place] <= c'9':
            return False
    return True


cdef inline char* _write_instant(char* to, long long unix) noexcept:
    """Write a time to the second; return where to go on.

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
    _write_two(to, year // 100)
    _write_two(to + 2, year % 100)
    to[4] = to[7] = c'-'
    _write_two(to + 5, month)
    _write_two(to + 8, day)
    to[10] = c'T'
    _write_two(to + 11, second // 3600)
    to[13] = to[16] = c':'
    _write_two(to + 14, second // 60 % 60)
    _write_two(to + 17, second % 60)
    return to + 19
