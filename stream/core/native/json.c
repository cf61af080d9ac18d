/* Writes a part of a string as JSON: UTF-8, with exactly the escapes that orjson writes.

   These are the shortest, so the result is never longer than the JSON that the string was read from. */

#include "native.h"

#define EIGHT 8
#define LONGEST 6 /* maximum bytes of one character */

/* The character after the backslash, for one that must be escaped; 0 for all others. */
static inline char escape_of(Py_UCS4 each)
{
    switch (each) {
    case '"':
    case '\\':
        return (char)each;
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return each < ' ' ? 'u' : 0;
    }
}

static inline char *put(char *to, Py_UCS4 each)
{
    const char escape = escape_of(each);
    if (escape) {
        *to++ = '\\';
        *to++ = escape;
        if (escape == 'u') {
            memcpy(to, "00", 2);
            to[2] = (char)('0' + (each >> 4));
            to[3] = "0123456789abcdef"[each & 15];
            to += 4;
        }
    }
    else if (each < 0x80)
        *to++ = (char)each;
    else {
        if (each < 0x800)
            *to++ = (char)(0xC0 | each >> 6);
        else {
            if (each < 0x10000)
                *to++ = (char)(0xE0 | each >> 12);
            else {
                *to++ = (char)(0xF0 | each >> 18);
                *to++ = (char)(0x80 | (each >> 12 & 63));
            }
            *to++ = (char)(0x80 | (each >> 6 & 63));
        }
        *to++ = (char)(0x80 | (each & 63));
    }
    return to;
}

static inline char *written(const int kind, const void *data, Py_ssize_t size, char *to, const char *end)
{
    for (Py_ssize_t at = 0; at < size && to != NULL; at++)
        to = end - to < LONGEST ? NULL : put(to, PyUnicode_READ(kind, data, at));
    return to;
}

#define ALL(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Whether any of eight bytes is not an ASCII character that is written as it is. All are tested at once:
   subtracting the limit from each byte borrows into its highest bit if the byte is below it, and XOR with a character
   makes the byte 0, which is below 1, if it is equal to that character. */
static inline int any_odd(const uint8_t *data)
{
    uint64_t word;
    memcpy(&word, data, sizeof word);
    const uint64_t quote = word ^ ALL('"'), slash = word ^ ALL('\\');
    const uint64_t low = (word - ALL(' ')) & ~word, no_quote = (quote - ALL(1)) & ~quote;
    return (((slash - ALL(1)) & ~slash) | no_quote | low | word) & ALL(0x80) ? 1 : 0;
}

/* Writes ASCII or Latin-1, eight bytes at a time where none needs an escape. */
static char *written_ascii(const uint8_t *data, Py_ssize_t size, char *to, const char *end)
{
    Py_ssize_t at = 0;
    for (; to != NULL && at + EIGHT <= size; at += EIGHT) {
        if (any_odd(data + at) || end - to < EIGHT)
            to = written(1, data + at, EIGHT, to, end);
        else {
            memcpy(to, data + at, EIGHT);
            to += EIGHT;
        }
    }
    return to == NULL ? NULL : written(1, data + at, size - at, to, end);
}

char *native_json(Line line, char *to, const char *end)
{
    Text text = letters_of(line);
    switch (text.kind) {
    case 1:
        return written_ascii(text.data, text.size, to, end);
    case 2:
        return written(2, text.data, text.size, to, end);
    default:
        return written(4, text.data, text.size, to, end);
    }
}
