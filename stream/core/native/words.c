/* What a line says: rows of the network's table of words, and keys. Twin: `said_each` in stream/core/footer/words.py.

   What is a letter or a digit is asked of the functions that Python's `re` asks. */

#include "native.h"

/* Constants of the twin. */
#define HEAD 200
#define TAIL 60
#define WORDS (1 << 14)
#define KEYS 5
#define WHOLE 6
#define FIRST 10
#define PAIRS 6
#define LAST 3
#define ROLE UINT64_C(0xD6E8FEB86659FD93)
static const uint64_t FACTORS[] = {0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9};
enum { FIRST1 = 1, FIRST2, FIRST3, LAST1, LAST2, ALL, WORD, PAIR, END2, END3 };

#define READ (2 * (HEAD + TAIL)) /* of a longer line only the ends are read */
#define EACH 5                   /* maximum bytes of a character in UTF-8 and a space */

/* Tokens in UTF-8, one space between two of them. There is room for the first part of a line twice. */
typedef struct {
    int count, size;
    uint16_t ends[2 * HEAD];
    uint8_t text[2 * HEAD * EACH];
} Tokens;

static inline int is_digit(Py_UCS4 each)
{
    return each < 0x80 ? each >= '0' && each <= '9' : Py_UNICODE_ISDECIMAL(each);
}

static inline int is_in_word(Py_UCS4 each)
{
    if (each < 0x80)
        return (each | 32) >= 'a' && (each | 32) <= 'z';
    return Py_UNICODE_ISALPHA(each) || (Py_UNICODE_ISALNUM(each) && !Py_UNICODE_ISDECIMAL(each));
}

static inline uint8_t *utf8(uint8_t *to, Py_UCS4 each)
{
    if (each < 0x80) {
        *to++ = (uint8_t)each;
        return to;
    }
    if (each < 0x800)
        *to++ = (uint8_t)(0xC0 | each >> 6);
    else {
        if (each < 0x10000)
            *to++ = (uint8_t)(0xE0 | each >> 12);
        else {
            *to++ = (uint8_t)(0xF0 | each >> 18);
            *to++ = (uint8_t)(0x80 | (each >> 12 & 63));
        }
        *to++ = (uint8_t)(0x80 | (each >> 6 & 63));
    }
    *to++ = (uint8_t)(0x80 | (each & 63));
    return to;
}

/* Adds the tokens of a part of at most HEAD characters. Twin: `_tokens`. */
static inline void read_tokens(Tokens *tokens, const int kind, const void *data, Py_ssize_t at, Py_ssize_t end, Set singles)
{
    uint8_t *to = tokens->text + tokens->size;
    int count = tokens->count;
    while (at < end) {
        Py_UCS4 each = PyUnicode_READ(kind, data, at++);
        const int digit = is_digit(each), single = !digit && in_set(singles, each);
        if (!digit && !single && !is_in_word(each))
            continue;
        if (count)
            *to++ = ' ';
        if (digit) {
            *to++ = '0';
            while (at < end && is_digit(PyUnicode_READ(kind, data, at)))
                at++;
        }
        else {
            to = utf8(to, each);
            while (!single && at < end && is_in_word(each = PyUnicode_READ(kind, data, at))) {
                to = utf8(to, each);
                at++;
            }
        }
        tokens->ends[count++] = (uint16_t)(to - tokens->text);
    }
    tokens->count = count;
    tokens->size = (int)(to - tokens->text);
}

static uint64_t hash_of(const Tokens *tokens, int at)
{
    const int begin = at ? tokens->ends[at - 1] + 1 : 0;
    return native_xxh3(tokens->text + begin, (size_t)(tokens->ends[at] - begin));
}

/* Twin: `_combined`. */
static uint64_t combined(uint64_t role, const uint64_t *hashes, int count)
{
    uint64_t total = role * ROLE;
    for (int at = 0; at < count; at++)
        total += FACTORS[at] * hashes[at];
    return total;
}

/* Makes a Said of the words and keys. */
static PyObject *made_of(PyTypeObject *type, const uint64_t *found, int count, const uint64_t *keys)
{
    PyObject *words = PyTuple_New(count), *several = PyTuple_New(KEYS), *said = NULL;
    int done = words != NULL && several != NULL;
    for (int at = 0; at < count && done; at++) {
        PyObject *row = PyLong_FromLong((long)(1 + (found[at] >> 50) % (WORDS - 1)));
        done = row != NULL;
        PyTuple_SET_ITEM(words, at, row);
    }
    for (int at = 0; at < KEYS && done; at++) {
        PyObject *key = PyLong_FromUnsignedLongLong(keys[at]);
        done = key != NULL;
        PyTuple_SET_ITEM(several, at, key);
    }
    if (done && (said = type->tp_alloc(type, 2)) != NULL) {
        PyTuple_SET_ITEM(said, 0, words);
        PyTuple_SET_ITEM(said, 1, several);
        return said;
    }
    Py_XDECREF(words);
    Py_XDECREF(several);
    return NULL;
}

static inline int least(int one, int other)
{
    return one < other ? one : other;
}

/* What is said by a line in the lookup spelling. */
static inline PyObject *said_by(PyTypeObject *type, const int kind, const void *data, Py_ssize_t size, Set singles)
{
    Tokens tokens;
    const int is_long = size > HEAD;
    uint64_t head[FIRST], ends[LAST], found[6 + FIRST + PAIRS], keys[KEYS] = {0};
    tokens.count = tokens.size = 0;
    read_tokens(&tokens, kind, data, 0, is_long ? HEAD : size, singles);
    const int first = tokens.count;
    if (first == 0)
        return made_of(type, keys, 0, keys);
    if (is_long)
        read_tokens(&tokens, kind, data, size - TAIL, size, singles);
    if (is_long && tokens.count == first) /* the end has no tokens: the beginning stands for it */
        read_tokens(&tokens, kind, data, 0, HEAD, singles);
    const int heads = least(first, FIRST), last = least(is_long ? tokens.count - first : first, LAST);
    for (int at = 0; at < heads; at++)
        head[at] = hash_of(&tokens, at);
    for (int at = 0; at < last; at++) {
        const int token = tokens.count - last + at;
        ends[at] = token < heads ? head[token] : hash_of(&tokens, token);
    }
    const int two = least(last, 2), one_line = !is_long && first <= WHOLE;
    int count = 0;
    keys[0] = native_xxh3(tokens.text, (size_t)tokens.size);
    found[count++] = combined(FIRST1, head, 1);
    found[count++] = combined(FIRST2, head, least(heads, 2));
    found[count++] = combined(FIRST3, head, least(heads, 3));
    found[count++] = combined(LAST1, ends + last - 1, 1);
    found[count++] = combined(LAST2, ends + last - two, two);
    if (one_line)
        found[count++] = combined(ALL, keys, 1);
    for (int at = 0; at < heads; at++)
        found[count++] = combined(WORD, head + at, 1);
    for (int at = 0; at < PAIRS && at + 1 < heads; at++)
        found[count++] = combined(PAIR, head + at, 2);
    if (!is_long) {
        keys[1] = found[1];
        keys[2] = found[2];
        keys[3] = combined(END2, ends + last - two, two);
        keys[4] = combined(END3, ends, last);
    }
    return made_of(type, found, count, keys);
}

/* An ASCII line: in small letters, with single spaces. */
static PyObject *said_in_ascii(PyTypeObject *type, Text text, Set singles)
{
    uint8_t spelled[READ + 1];
    Py_ssize_t used = 0;
    for (Py_ssize_t at = 0; at < text.size; at++) {
        const uint8_t each = ((const uint8_t *)text.data)[at];
        if (!Py_UNICODE_ISSPACE(each))
            spelled[used++] = (uint8_t)Py_TOLOWER(each);
        else if (used && spelled[used - 1] != ' ')
            spelled[used++] = ' ';
    }
    if (used && spelled[used - 1] == ' ')
        used--;
    return said_by(type, PyUnicode_1BYTE_KIND, spelled, used, singles);
}

static PyObject *said_of(PyTypeObject *type, PyObject *line, Set singles)
{
    if (PyUnicode_IS_ASCII(line))
        return said_in_ascii(type, text_of(line), singles);
    Spelled spelled;
    if (!native_spell(line_of(line), &spelled))
        return NULL;
    PyObject *said = said_by(type, PyUnicode_4BYTE_KIND, spelled.letters, spelled.size, singles);
    native_unspell(&spelled);
    return said;
}

/* The ends of a long line, with a space between: a new string. */
static PyObject *ends_of(PyObject *line)
{
    const Py_ssize_t size = PyUnicode_GET_LENGTH(line);
    PyObject *head = PyUnicode_Substring(line, 0, HEAD), *tail = PyUnicode_Substring(line, size - TAIL, size);
    PyObject *both = head == NULL || tail == NULL ? NULL : PyUnicode_FromFormat("%U %U", head, tail);
    Py_XDECREF(head);
    Py_XDECREF(tail);
    return both;
}

/* said(line, type, singles) -> what a line says, as a `type`, which is Said. `singles` is a bitmap: the characters of
   scripts that put no spaces between words. */
PyObject *native_said(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 3 || !PyUnicode_Check(args[0]) || !PyType_Check(args[1]) ||
        !PyType_IsSubtype((PyTypeObject *)args[1], &PyTuple_Type) || !PyBytes_Check(args[2])) {
        PyErr_SetString(PyExc_TypeError, "said(line: str, type, singles: bytes)");
        return NULL;
    }
    PyTypeObject *type = (PyTypeObject *)args[1];
    if (PyUnicode_GET_LENGTH(args[0]) <= READ)
        return said_of(type, args[0], set_of(args[2]));
    PyObject *ends = ends_of(args[0]), *said = ends == NULL ? NULL : said_of(type, ends, set_of(args[2]));
    Py_XDECREF(ends);
    return said;
}
