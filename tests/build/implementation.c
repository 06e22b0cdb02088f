/* The one file of a program that emits the implementation. */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
