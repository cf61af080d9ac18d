/* The module stream.core.native.compiled. */

#include "native.h"

#ifndef STATE
#error "STATE is the checksum of the sources: see setup.py"
#endif

static PyMethodDef functions[] = {
    {"places", (PyCFunction)(void (*)(void))native_places, METH_FASTCALL, NULL},
    {"repeats", (PyCFunction)(void (*)(void))native_repeats, METH_FASTCALL, NULL},
    {"candidates", (PyCFunction)(void (*)(void))native_candidates, METH_FASTCALL, NULL},
    {"part", (PyCFunction)(void (*)(void))native_part, METH_FASTCALL, NULL},
    {"spelled", native_spelled_of, METH_O, NULL},
    {"said", (PyCFunction)(void (*)(void))native_said, METH_FASTCALL, NULL},
    {"span", (PyCFunction)(void (*)(void))native_span, METH_FASTCALL, NULL},
    {"weigh", (PyCFunction)(void (*)(void))native_weigh, METH_FASTCALL, NULL},
    {"xxh3", native_xxh3_of, METH_O, NULL},
    {NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "stream.core.native.compiled",
    .m_size = -1,
    .m_methods = functions,
};

/* Seeds the hashes of lines with a random number, as Python does for its own hashes. */
static int seed(void)
{
    PyObject *os = PyImport_ImportModule("os");
    PyObject *bytes = os == NULL ? NULL : PyObject_CallMethod(os, "urandom", "i", (int)sizeof native_seed);
    if (bytes != NULL && PyBytes_Check(bytes) && PyBytes_GET_SIZE(bytes) == sizeof native_seed)
        memcpy(&native_seed, PyBytes_AS_STRING(bytes), sizeof native_seed);
    Py_XDECREF(os);
    Py_XDECREF(bytes);
    return PyErr_Occurred() ? -1 : 0;
}

static int add_type(PyObject *made, const char *name, PyTypeObject *type)
{
    if (PyType_Ready(type) < 0)
        return -1;
    return PyModule_AddObjectRef(made, name, (PyObject *)type);
}

PyMODINIT_FUNC PyInit_compiled(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made == NULL || seed() < 0 || add_type(made, "Lookup", &native_Lookup) < 0 ||
        add_type(made, "LineReader", &native_LineReader) < 0 || add_type(made, "Network", &native_Network) < 0 ||
        PyModule_AddStringConstant(made, "STATE", STATE) < 0) {
        Py_XDECREF(made);
        return NULL;
    }
    return made;
}
