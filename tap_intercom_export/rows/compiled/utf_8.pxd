"""Checks that bytes are UTF-8 as Python decodes it."""

from tap_intercom_export.rows.compiled.output cimport byte


cdef inline bint is_utf_8(const byte* at, const byte* end) noexcept:
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
