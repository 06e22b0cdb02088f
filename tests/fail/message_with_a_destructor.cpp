/* expect: AIRRT_MESSAGE\(line\): not trivially copyable; send a pointer, with a .drop */
/* Messages are moved as bytes: nobody would run constructors and destructors. */
#include "airrt.h"

#include <string>

#ifdef MISTAKE
struct line { std::string text; };
#else
struct line { std::string *text; };
#endif
AIRRT_MESSAGE(line);
