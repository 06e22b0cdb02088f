// CAF: one actor, one message, an orderly end.
#include <caf/all.hpp>

#include <iostream>

static caf::behavior greeter(caf::event_based_actor *self) {
    return {[=](const std::string &whom) {
        std::cout << "hello, " << whom << std::endl;
        self->quit();
    }};
}
static void caf_main(caf::actor_system &system) { caf::anon_send(system.spawn(greeter), std::string{"world"}); }
CAF_MAIN()
