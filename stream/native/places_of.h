/* Included by places.c once for each width of a letter. */

#define BLOCK 32

static int NAME(all_plain)(const CHAR *text, Py_ssize_t size, Set plain)
{
    Py_ssize_t at = 0;
    while (at < size) {
        Py_ssize_t end = at + BLOCK < size ? at + BLOCK : size;
        Py_UCS4 any = 0;
        for (Py_ssize_t each = at; each < end; each++)
            any |= text[each];
        if (any >= 0x80)
            for (Py_ssize_t each = at; each < end; each++)
                if (text[each] >= 0x80 && !in_set(plain, text[each]))
                    return 0;
        at = end;
    }
    return 1;
}

/* Whether a line that is not empty may not be in normal form. */
static int NAME(is_odd)(const CHAR *line, Py_ssize_t size)
{
    CHAR odd = line[0] == ' ' || line[size - 1] <= ' ';
    for (Py_ssize_t at = 0; at < size - 1; at++)
        odd |= (CHAR)((CHAR)(line[at] < ' ') | ((CHAR)(line[at] == ' ') & (CHAR)(line[at + 1] == ' ')));
    return odd;
}

/* Copies a line with a space for each run of white space, and none at its ends; gives its size. */
static Py_ssize_t NAME(normalise)(const CHAR *line, Py_ssize_t size, CHAR *copy)
{
    Py_ssize_t used = 0;
    for (Py_ssize_t at = 0; at < size; at++) {
        if (!is_space(line[at]))
            copy[used++] = line[at];
        else if (used && copy[used - 1] != ' ')
            copy[used++] = ' ';
    }
    return used && copy[used - 1] == ' ' ? used - 1 : used;
}

static Py_ssize_t NAME(line_end)(const CHAR *text, Py_ssize_t at, Py_ssize_t size)
{
    if (sizeof(CHAR) == 1) {
        const void *found = memchr(text + at, '\n', size - at);
        return found ? (const CHAR *)found - text : size;
    }
    while (at < size && text[at] != '\n')
        at++;
    return at;
}

static PyObject *NAME(places)(const CHAR *text, Py_ssize_t size, Set plain, int ascii)
{
    if (!ascii && !NAME(all_plain)(text, size, plain))
        Py_RETURN_NONE;
    Lines seen = {0};
    CHAR *copies = NULL;
    Py_ssize_t used = 0, begin = 0, breaks = 0, line = 0;
    for (Py_ssize_t at = NAME(line_end)(text, 0, size); at < size; at = NAME(line_end)(text, at + 1, size))
        breaks++;
    PyObject *lines = PyList_New(breaks + 1), *first = PyList_New(breaks + 1), *pair = NULL;
    if (lines == NULL || first == NULL)
        goto done;
    for (; line <= breaks; line++) {
        Py_ssize_t end = NAME(line_end)(text, begin, size), length = end - begin, of = -1;
        const CHAR *here = text + begin, *normal = here;
        if (length && NAME(is_odd)(here, length)) {
            if (copies == NULL && (copies = PyMem_Malloc(size * sizeof(CHAR))) == NULL)
                goto no_memory;
            normal = copies + used;
            length = NAME(normalise)(here, length, copies + used);
            used += length;
        }
        if (length && (of = first_like(&seen, normal, length * sizeof(CHAR), (uint32_t)line, normal == here)) < 0)
            goto no_memory;
        PyObject *string = NULL, *number = PyLong_FromSsize_t(of);
        if (normal == here && of >= 0 && of < line && seen.same)
            string = Py_NewRef(PyList_GET_ITEM(lines, of));
        else
            string = PyUnicode_FromKindAndData(sizeof(CHAR), here, end - begin);
        if (string == NULL || number == NULL) {
            Py_XDECREF(string);
            Py_XDECREF(number);
            goto done;
        }
        PyList_SET_ITEM(lines, line, string);
        PyList_SET_ITEM(first, line, number);
        begin = end + 1;
    }
    pair = PyTuple_Pack(2, lines, first);
    goto done;
no_memory:
    PyErr_NoMemory();
done:
    PyMem_Free(seen.known);
    PyMem_Free(seen.table);
    PyMem_Free(copies);
    Py_XDECREF(lines);
    Py_XDECREF(first);
    return pair;
}

#undef BLOCK
