/* Where in a JSON object the value of a field stands. Twin: `value_span` in stream/splice.py.

   Only for what a parser has accepted; whatever else comes in is answered with None, or with a place within it. */

#include "native.h"

/* One past the quote that closes the string whose first quote is at `at`; NULL where none does. */
static const char *string_end(const char *at, const char *end)
{
    const char *begin = at++;
    while (at < end && (at = memchr(at, '"', end - at)) != NULL) {
        const char *before = at - 1;
        while (before > begin && *before == '\\')
            before--;
        if ((at - before) % 2)
            return at + 1;
        at++;
    }
    return NULL;
}

static inline int is_blank(char each)
{
    return each == ' ' || each == '\t' || each == '\r' || each == '\n';
}

static PyObject *trimmed(const char *value, const char *begin, const char *end)
{
    while (begin < end && is_blank(*begin))
        begin++;
    while (end > begin && is_blank(end[-1]))
        end--;
    return Py_BuildValue("nn", (Py_ssize_t)(begin - value), (Py_ssize_t)(end - value));
}

/* span(value, name): the place of the value of the last field of that name, which is given with its quotes; None
   where there is none or a name has an escape, which may spell it in another way */
PyObject *native_span(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyBytes_Check(args[0]) || !PyBytes_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "span(value: bytes, name: bytes)");
        return NULL;
    }
    const char *value = PyBytes_AS_STRING(args[0]), *end = value + PyBytes_GET_SIZE(args[0]), *at = value;
    const char *wanted = PyBytes_AS_STRING(args[1]);
    Py_ssize_t wanted_size = PyBytes_GET_SIZE(args[1]), depth = 0;
    const char *name = NULL, *name_end = NULL, *opened = NULL, *found = NULL, *found_end = NULL;
    while (at < end) {
        const char mark = *at;
        if (mark == '"') {
            const char *after = string_end(at, end);
            if (after == NULL)
                Py_RETURN_NONE;
            if (depth == 1 && opened == NULL)
                name = at, name_end = after;
            at = after;
            continue;
        }
        if (mark == '[' || mark == '{')
            depth++;
        else if (mark == ':' && depth == 1 && name != NULL) {
            if (memchr(name, '\\', name_end - name) != NULL)
                Py_RETURN_NONE;
            if (name_end - name == wanted_size && memcmp(name, wanted, wanted_size) == 0)
                opened = at + 1;
        }
        else if (mark == ']' || mark == '}')
            depth--;
        if (opened != NULL && ((mark == ',' && depth == 1) || (mark == '}' && depth == 0))) {
            found = opened;
            found_end = at;
            opened = NULL;
        }
        if (mark == '}' && depth == 0)
            break;
        at++;
    }
    if (found == NULL)
        Py_RETURN_NONE;
    return trimmed(value, found, found_end);
}
