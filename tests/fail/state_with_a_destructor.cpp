/* expect: AIRRT_ACTOR_IMPL\(reader\): state not trivially copyable; keep a pointer */
/* A state is zeroed bytes at every start. */
#include "airrt.h"

#include <string>

typedef struct line { int length; } line;
AIRRT_MESSAGE(line);
AIRRT_ACTOR(reader, line, airrt_none);
#ifdef MISTAKE
struct pages { std::string text; };
#else
struct pages { std::string *text; };
#endif
static airrt_err reader_handle(reader_ctx *ctx, pages *state, const line *msg) {
    return (void)ctx, (void)state, (void)msg, AIRRT_OK;
}
AIRRT_ACTOR_IMPL(reader, pages, reader_handle);
