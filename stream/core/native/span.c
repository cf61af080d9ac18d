/* Where in a JSON object the value of a field stands. Twin: `value_span` in stream/records/splice.py.

   The answer is right only for what a parser has accepted. For anything else it is None or some place within the
   value. */

#include "native.h"

/* The place after the quote that closes the string whose first quote is at `at`; NULL if there is none. */
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

/* Finds the place; gives 0 if there is none. */
static int span_of(PyObject *document, PyObject *wanted_name, Py_ssize_t *span_begin, Py_ssize_t *span_end)
{
    const char *value = PyBytes_AS_STRING(document), *end = value + PyBytes_GET_SIZE(document), *at = value;
    const char *wanted = PyBytes_AS_STRING(wanted_name);
    Py_ssize_t wanted_size = PyBytes_GET_SIZE(wanted_name), depth = 0;
    const char *name = NULL, *name_end = NULL, *opened = NULL, *found = NULL, *found_end = NULL;
    while (at < end) {
        const char mark = *at;
        if (mark == '"') {
            const char *after = string_end(at, end);
            if (after == NULL)
                return 0;
            if (depth == 1 && opened == NULL)
                name = at, name_end = after;
            at = after;
            continue;
        }
        if (mark == '[' || mark == '{')
            depth++;
        else if (mark == ':' && depth == 1 && name != NULL) {
            if (memchr(name, '\\', name_end - name) != NULL)
                return 0;
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
        return 0;
    while (found < found_end && is_blank(*found))
        found++;
    while (found_end > found && is_blank(found_end[-1]))
        found_end--;
    *span_begin = found - value;
    *span_end = found_end - value;
    return 1;
}

/* span(value, name) -> (begin, end) of the value of the last field with that name, which is given in JSON, with quotes;
   None if there is none, or if the name of any field has an escape and so may be this one in another spelling */
PyObject *native_span(PyObject *Py_UNUSED(module), PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyBytes_Check(args[0]) || !PyBytes_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "span(value: bytes, name: bytes)");
        return NULL;
    }
    Py_ssize_t begin, end;
    if (!span_of(args[0], args[1], &begin, &end))
        Py_RETURN_NONE;
    return Py_BuildValue("nn", begin, end);
}
