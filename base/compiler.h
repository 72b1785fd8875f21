/* compiler.h - what the compiler can check for us, and nothing else. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

#define NODISCARD              __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED                 __attribute__((unused))
#define NORETURN               __attribute__((noreturn))

#define COUNTOF(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(ptr, type, member)                                                            \
	((type *)(void *)&((char *)(ptr))[-(ptrdiff_t)offsetof(type, member)])

#endif
