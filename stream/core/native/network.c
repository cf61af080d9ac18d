/* The scores of a page's cuts. Twin: `Network` in stream/core/footer/network.py; the arithmetic is in layers.c. */

#include "network.h"

/* Reads little-endian numbers of 8 or 16 bits: `count` of them, which `bytes` must hold. NULL with an exception. */
static int16_t *numbers_of(PyObject *bytes, Py_ssize_t count, int width)
{
    if (!PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != count * width) {
        PyErr_Format(PyExc_ValueError, "weights: %zd numbers of %d bytes are wanted", count, width);
        return NULL;
    }
    const uint8_t *from = (const uint8_t *)PyBytes_AS_STRING(bytes);
    int16_t *numbers = PyMem_Malloc((size_t)(count + 1) * sizeof *numbers);
    if (numbers == NULL)
        return (int16_t *)PyErr_NoMemory();
    for (Py_ssize_t at = 0; at < count; at++)
        numbers[at] = width == 1 ? (int8_t)from[at] : (int16_t)(from[2 * at] | from[2 * at + 1] << 8);
    return numbers;
}

/* Gives a matrix of so many columns the other way round, and frees it. */
static int16_t *turned(int16_t *matrix, int rows, int columns)
{
    int16_t *made = matrix == NULL ? NULL : PyMem_Malloc((size_t)(rows * columns + 1) * sizeof *made);
    for (int row = 0; row < rows && made != NULL; row++)
        for (int column = 0; column < columns; column++)
            made[column * rows + row] = matrix[row * columns + column];
    if (made == NULL && matrix != NULL)
        PyErr_NoMemory();
    PyMem_Free(matrix);
    return made;
}

/* Reads the table of traits, whose last two columns stand apart. */
static int read_traits(Network *self, PyObject *bytes)
{
    const Py_ssize_t rows = self->trait_rows, channels = self->channels;
    int16_t *table = numbers_of(bytes, rows * (channels + 2), 2);
    if (table == NULL)
        return -1;
    self->traits = PyMem_Malloc((size_t)(rows * channels) * sizeof *table);
    self->direct = PyMem_Malloc((size_t)(rows * 2) * sizeof *table);
    const int done = self->traits != NULL && self->direct != NULL;
    for (Py_ssize_t row = 0; row < rows && done; row++) {
        memcpy(self->traits + row * channels, table + row * (channels + 2), (size_t)channels * sizeof *table);
        memcpy(self->direct + row * 2, table + row * (channels + 2) + channels, 2 * sizeof *table);
    }
    if (!done)
        PyErr_NoMemory();
    PyMem_Free(table);
    return done ? 0 : -1;
}

static int read_layer(Layer *layer, PyObject *weights, PyObject *bias, int channels)
{
    layer->weights = turned(numbers_of(weights, 3 * channels * channels, 2), 3 * channels, channels);
    layer->bias = layer->weights == NULL ? NULL : numbers_of(bias, channels, 2);
    if (layer->bias == NULL)
        return -1;
    layer->largest = 0;
    for (int to = 0; to < channels; to++) {
        int64_t sum = 0;
        for (int at = 0; at < 3 * channels; at++)
            sum += abs(layer->weights[to * 3 * channels + at]);
        layer->largest = sum > layer->largest ? sum : layer->largest;
    }
    return 0;
}

/* The two numbers of 32 bits at the end. */
static int read_ends(Network *self, PyObject *bytes)
{
    if (!PyBytes_Check(bytes) || PyBytes_GET_SIZE(bytes) != sizeof self->out_bias) {
        PyErr_SetString(PyExc_ValueError, "weights: two numbers of 4 bytes are wanted");
        return -1;
    }
    const uint8_t *from = (const uint8_t *)PyBytes_AS_STRING(bytes);
    for (int at = 0; at < 2; at++, from += 4)
        self->out_bias[at] = (int32_t)(from[0] | from[1] << 8 | from[2] << 16 | (uint32_t)from[3] << 24);
    return 0;
}

static int read_weights(Network *self, PyObject *const *arrays, int width, PyObject *layers, PyObject *biases)
{
    const int channels = self->channels;
    self->words = numbers_of(arrays[0], self->word_rows * channels, width);
    if (self->words == NULL || read_traits(self, arrays[1]) < 0)
        return -1;
    self->bias = numbers_of(arrays[2], channels, 2);
    self->out = self->bias == NULL ? NULL : turned(numbers_of(arrays[3], 2 * channels, 2), channels, 2);
    if (self->out == NULL || read_ends(self, arrays[4]) < 0)
        return -1;
    for (int at = 0; at < channels; at++)
        self->rests |= self->words[at] != 0;
    for (int at = 0; at < LAYERS; at++)
        if (read_layer(&self->layers[at], PyTuple_GET_ITEM(layers, at), PyTuple_GET_ITEM(biases, at), channels) < 0)
            return -1;
    return 0;
}

/* Network(words, width, traits, bias, layers, biases, out, out_bias, sizes, numbers): the arrays as bytes, `width` the
   bytes of a number in `words`; sizes: (words, traits, channels); numbers: (words_shift, no_footer, most_body) */
static PyObject *network_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *arrays[5], *layers, *biases;
    Py_ssize_t word_rows, trait_rows;
    int width, channels, words_shift, no_footer, most_body;
    if (!has_no_keywords(kwargs) ||
        !PyArg_ParseTuple(args, "OiOOO!O!OO(nni)(iii)", arrays, &width, arrays + 1, arrays + 2, &PyTuple_Type, &layers,
                          &PyTuple_Type, &biases, arrays + 3, arrays + 4, &word_rows, &trait_rows, &channels,
                          &words_shift, &no_footer, &most_body))
        return NULL;
    if (PyTuple_GET_SIZE(layers) != LAYERS || PyTuple_GET_SIZE(biases) != LAYERS || (width != 1 && width != 2) ||
        channels < 1 || channels > MOST_CHANNELS || word_rows < 1 || word_rows > INT32_MAX / MOST_CHANNELS ||
        trait_rows < 1 || trait_rows > INT32_MAX / (MOST_CHANNELS + 2) || words_shift < 0 || words_shift > 40 ||
        most_body < 1 || most_body > 1 << 20) {
        PyErr_SetString(PyExc_ValueError, "weights: a number is out of its range");
        return NULL;
    }
    Network *self = (Network *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->channels = channels;
    self->word_rows = word_rows;
    self->trait_rows = trait_rows;
    self->words_shift = words_shift;
    self->no_footer = no_footer;
    self->most_body = most_body;
    if (read_weights(self, arrays, width, layers, biases) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static void network_dealloc(Network *self)
{
    PyMem_Free(self->words);
    PyMem_Free(self->traits);
    PyMem_Free(self->direct);
    PyMem_Free(self->bias);
    PyMem_Free(self->out);
    for (int at = 0; at < LAYERS; at++) {
        PyMem_Free(self->layers[at].weights);
        PyMem_Free(self->layers[at].bias);
    }
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Reads the rows of a line from a list or tuple; gives their count, -1 with an exception. No code of Python runs here,
   so that the list cannot change meanwhile. */
static int rows_of(PyObject *line, Row *rows, int most, Py_ssize_t end)
{
    const int is_list = PyList_Check(line);
    if (!is_list && !PyTuple_Check(line)) {
        PyErr_SetString(PyExc_TypeError, "scores: the rows of a line are a list or tuple");
        return -1;
    }
    const Py_ssize_t count = Py_SIZE(line);
    if (count > most) {
        PyErr_Format(PyExc_ValueError, "scores: a line has at most %d rows", most);
        return -1;
    }
    for (Py_ssize_t at = 0; at < count; at++) {
        PyObject *row = is_list ? PyList_GET_ITEM(line, at) : PyTuple_GET_ITEM(line, at);
        if (!PyLong_Check(row)) {
            PyErr_SetString(PyExc_TypeError, "scores: a row is an int");
            return -1;
        }
        const Py_ssize_t number = PyLong_AsSsize_t(row);
        if (number < 0 || number >= end) {
            PyErr_Format(PyExc_IndexError, "scores: a row is 0 to %zd", end - 1);
            return -1;
        }
        rows[at] = (Row)number;
    }
    return (int)count;
}

static int begin(const Network *self, Page *page, PyObject *words, PyObject *traits)
{
    Rows rows;
    for (Py_ssize_t at = 0; at < page->count; at++) {
        rows.word_count = rows_of(PyList_GET_ITEM(words, at), rows.words, MOST_WORDS, self->word_rows);
        if (rows.word_count < 0)
            return -1;
        rows.trait_count = rows_of(PyList_GET_ITEM(traits, at), rows.traits, MOST_TRAITS, self->trait_rows);
        if (rows.trait_count < 0)
            return -1;
        native_begin(self, page, at, &rows);
    }
    return 0;
}

/* What a line speaks for the article, within bounds: number * most / (most + |number|), rounded down. */
static int64_t bounded(int64_t number, int64_t most)
{
    const int64_t above = number * most, below = most + (number < 0 ? -number : number);
    return above / below - (above % below < 0);
}

/* The score of each cut: from the one below the first line to the one below the last. */
static PyObject *told(const Network *self, const Page *page)
{
    PyObject *scores = PyList_New(page->count);
    int64_t body = 0;
    for (Py_ssize_t at = 0; at < page->count && scores != NULL; at++) {
        body += bounded(page->ends[2 * at], self->most_body);
        const int64_t here = at + 1 < page->count ? page->ends[2 * at + 3] : self->no_footer;
        PyObject *score = PyLong_FromLongLong(body + here);
        if (score == NULL)
            Py_CLEAR(scores);
        else
            PyList_SET_ITEM(scores, at, score);
    }
    return scores;
}

/* scores(words, traits) -> a list with the score of each cut. Both are a list with the rows of each line. */
static PyObject *network_scores(Network *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyList_Check(args[0]) || !PyList_Check(args[1])) {
        PyErr_SetString(PyExc_TypeError, "scores(words: list, traits: list)");
        return NULL;
    }
    Page page = {.count = PyList_GET_SIZE(args[0])};
    if (PyList_GET_SIZE(args[1]) != page.count) {
        PyErr_SetString(PyExc_ValueError, "scores: words and traits of the same lines");
        return NULL;
    }
    const size_t size = (size_t)(page.count + 1) * self->channels * sizeof(int16_t);
    page.lines = PyMem_Malloc(size);
    page.made = PyMem_Malloc(size);
    page.ends = PyMem_Malloc((size_t)(page.count + 1) * 2 * sizeof *page.ends);
    PyObject *scores = NULL;
    if (page.lines == NULL || page.made == NULL || page.ends == NULL)
        PyErr_NoMemory();
    else if (begin(self, &page, args[0], args[1]) == 0) {
        native_run(self, &page);
        scores = told(self, &page);
    }
    PyMem_Free(page.lines);
    PyMem_Free(page.made);
    PyMem_Free(page.ends);
    return scores;
}

static PyMethodDef methods[] = {
    {"scores", (PyCFunction)(void (*)(void))network_scores, METH_FASTCALL, NULL},
    {NULL},
};

PyTypeObject native_Network = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "stream.core.native.compiled.Network",
    .tp_basicsize = sizeof(Network),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = network_new,
    .tp_dealloc = (destructor)network_dealloc,
    .tp_methods = methods,
};
