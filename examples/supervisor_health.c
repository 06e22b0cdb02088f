/* supervisor_health.c: a supervisor asks its children how they are. One that is degraded is left alone; one that is
 * unhealthy three times in a row is killed, and restarted as after any other end; one that is not asked can be ill as
 * long as it likes, until it is asked after all. Expected output:
 *
 *   all running: disk healthy, cache healthy, lamp healthy
 *   disk is degraded: 10 checks later it is degraded, 0 failures in a row, 0 restarts
 *   cache is unhealthy: killed after 3 checks; 1 restart, and it is healthy
 *   lamp is unhealthy, but nobody asks: 0 restarts
 *   now it is asked: killed after 2 checks; 1 restart, and it is healthy
 */
#define AIRRT_IMPLEMENTATION
#include "airrt_supervisor.h"
#include <stdio.h>

/* What the checks have answered, for main to wait for. */
typedef struct check { const char *name; airrt_health health; } check;
AIRRT_MESSAGE(check);
AIRRT_MAILBOX(checks, check);
static checks seen;

typedef struct become { airrt_health health; } become;
typedef struct service_args { const char *name; } service_args;
typedef struct service_state { const char *name; airrt_health health; } service_state;
AIRRT_MESSAGE(become);
AIRRT_ACTOR(service, become, service_args);
static airrt_err service_begins(service_ctx *ctx, service_state *me, const service_args *args) {
    (void)ctx;
    *me = (service_state){ args->name, AIRRT_HEALTHY }; /* also after a restart */
    return AIRRT_OK;
}
static airrt_err service_becomes(service_ctx *ctx, service_state *me, const become *msg) {
    (void)ctx;
    me->health = msg->health;
    return AIRRT_OK;
}
static airrt_health service_health(service_ctx *ctx, service_state *me) {
    (void)ctx;
    airrt_discard(checks_send(&seen, (check){ me->name, me->health }));
    return me->health;
}
AIRRT_ACTOR_IMPL(service, service_state, service_becomes, .pre_start = service_begins, .health = service_health);

AIRRT_SUPERVISOR(house, airrt_none, airrt_quiet);
static airrt_err house_init(airrt_children *children, const airrt_none *args) {
    static const char *const names[] = { "disk", "cache", "lamp" };
    (void)args;
    for (int i = 0; i < 3; i++) {
        airrt_child_desc desc = { .id = names[i], .name = names[i] };
        if (i < 2) desc.health = (airrt_health_desc){ .interval_ns = AIRRT_MS(1), .threshold = 3 };
        AIRRT_TRY(airrt_children_add(children, service_spec((service_args){ names[i] }), &desc));
    }
    return AIRRT_OK;
}
AIRRT_SUPERVISOR_IMPL(house, airrt_one_for_one, house_init, .max_restarts = 5);

static const char *word(airrt_health health) {
    return health == AIRRT_HEALTHY ? "healthy" : health == AIRRT_DEGRADED ? "degraded" : "unhealthy";
}
/* Waits until so many checks of one have answered so. */
static airrt_err see(const char *name, airrt_health health, int times) {
    for (check c; times > 0; times -= strcmp(c.name, name) == 0 && c.health == health)
        AIRRT_TRY(checks_recv(&seen, &c, AIRRT_SEC(10)));
    return AIRRT_OK;
}
/* Lets one fall ill, and shows what becomes of it: it is healthy again when a new life has begun. */
static airrt_err falls_ill(airrt_supervisor sup, service_ref who, const char *name) {
    airrt_child_info info;
    int failures = 0;
    AIRRT_TRY(service_send(who, (become){ AIRRT_UNHEALTHY }));
    for (check c = { NULL, AIRRT_HEALTHY }; failures == 0 || c.health != AIRRT_HEALTHY || strcmp(c.name, name) != 0;) {
        AIRRT_TRY(checks_recv(&seen, &c, AIRRT_SEC(10)));
        failures += c.health == AIRRT_UNHEALTHY;
    }
    AIRRT_TRY(airrt_supervisor_get_child(sup, name, &info));
    printf("%s after %d checks; %u restart, and it is %s\n", info.last.text, failures, info.restarts,
           word(info.health));
    return AIRRT_OK;
}
static airrt_err body(airrt_system *system, void *arg) {
    airrt_supervisor sup;
    service_ref disk, cache, lamp;
    airrt_child_info info[3];
    size_t count;
    (void)arg;
    AIRRT_TRY(house_start(system, AIRRT_NONE, NULL, &sup));
    AIRRT_TRY(service_whereis(system, "disk", &disk));
    AIRRT_TRY(service_whereis(system, "cache", &cache));
    AIRRT_TRY(service_whereis(system, "lamp", &lamp));
    AIRRT_TRY(airrt_supervisor_which_children(sup, info, 3, &count)); /* the newest first */
    printf("all running: disk %s, cache %s, lamp %s\n", word(info[2].health), word(info[1].health),
           word(info[0].health));

    AIRRT_TRY(service_send(disk, (become){ AIRRT_DEGRADED }));
    AIRRT_TRY(see("disk", AIRRT_DEGRADED, 10));
    AIRRT_TRY(airrt_supervisor_get_child(sup, "disk", info));
    printf("disk is degraded: 10 checks later it is %s, %u failures in a row, %u restarts\n", word(info->health),
           info->unhealthy, info->restarts);

    printf("cache is unhealthy: ");
    AIRRT_TRY(falls_ill(sup, cache, "cache"));

    AIRRT_TRY(service_send(lamp, (become){ AIRRT_UNHEALTHY }));
    AIRRT_TRY(see("disk", AIRRT_DEGRADED, 10)); /* meanwhile others are asked */
    AIRRT_TRY(airrt_supervisor_get_child(sup, "lamp", info));
    printf("lamp is unhealthy, but nobody asks: %u restarts\n", info->restarts);
    const airrt_health_desc strict = { .interval_ns = AIRRT_MS(1), .threshold = 2 };
    AIRRT_TRY(airrt_supervisor_set_health(sup, "lamp", &strict));
    printf("now it is asked: ");
    return falls_ill(sup, lamp, "lamp");
}
int main(void) {
    if (checks_open(&seen, &(airrt_mailbox_desc){ .unbounded = true })) return 1;
    airrt_err err = airrt_system_run(NULL, body, NULL);
    checks_close(&seen);
    return err != AIRRT_OK;
}
