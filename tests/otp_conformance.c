/* otp_conformance FILE.scn: builds the supervision tree of a scenario with airrt, carries out its steps and prints the trace, in
 * the formats of tests/otp/README.md; supervisors of Erlang/OTP have made the traces there. The system is polled, on a clock of
 * the program's own, so a run is the same every time and waiting takes no time. Exit status 0 if it could be run. */
#define AIRRT_IMPLEMENTATION
#define AIRRT_RETRY_NS AIRRT_MS(1) /* holds the next try back until what was registered with at_fail is done */
#define AIRRT_SUPERVISOR_NOTE(ARGS, WHAT, REASON) note_supervisor((ARGS), (WHAT), (REASON))
struct airrt_reason;
static void note_supervisor(const void *args, const char *what, const struct airrt_reason *reason);
#include "airrt_supervisor.h"
#include <ctype.h>

enum { NODES = 160, STEPS = 160, LINES = 4096, WORDS = 16 };

typedef struct node {
    char name[16], parent[16];
    bool supervisor, later, dynamic; /* dynamic: made by start_child of a template */
    char strategy[24], type[16], start[64], onstop[64];
    unsigned intensity, period;
    airrt_auto_shutdown auto_shutdown;
    airrt_restart restart;
    uint64_t stop_ns;
    bool significant;
    size_t attempts;
    airrt_ref ref;                   /* of what was last started under this name */
    bool running, booting;
} node;
static node nodes[NODES];
static size_t node_count;
static char steps[STEPS][160], registered[STEPS][160], registered_for[STEPS][16];
static size_t step_count, registered_count;
static airrt_system *sys;
static uint64_t now_ns = AIRRT_SEC(1000);
static const char *calling = "";     /* the child that a start_child or restart_child is about */
static node *failing;                /* whose restart has just failed */
static enum { NOT_STARTED, STARTED, START_FAILED, START_IGNORED, START_BAD_SPEC } root_result;

static _Noreturn void die(const char *why, const char *what) {
    fprintf(stderr, "otp_conformance: %s: %s\n", why, what);
    exit(2);
}
static node *find(const char *name) {
    for (size_t i = 0; i < node_count; i++)
        if (strcmp(nodes[i].name, name) == 0) return &nodes[i];
    return NULL;
}
static node *known(const char *name) {
    node *n = find(name);
    if (!n) die("no such name", name);
    return n;
}

/* ---- the trace: lines, of which runs of exits of one dynamic supervisor's children are sorted ---- */

static struct { char text[200]; const char *group; } lines[LINES];
static size_t line_count;
static __attribute__((format(printf, 2, 3))) void put(const char *group, const char *format, ...) {
    va_list args;
    if (line_count == LINES) die("too many lines", "");
    va_start(args, format);
    vsnprintf(lines[line_count].text, sizeof lines->text, format, args);
    va_end(args);
    lines[line_count++].group = group;
}
#define PUT(...) put(NULL, __VA_ARGS__)
static int by_text(const void *a, const void *b) { return strcmp((const char *)a, (const char *)b); }
static void print_lines(void) {
    for (size_t i = 0, end; i < line_count; i = end) {
        for (end = i + 1; lines[i].group && end < line_count && lines[end].group == lines[i].group; end++) {}
        qsort(&lines[i], end - i, sizeof *lines, by_text);
        for (size_t k = i; k < end; k++) puts(lines[k].text);
    }
}
static const char *group_of(const node *n) {
    const node *parent = find(n->parent);
    return parent && strcmp(parent->strategy, "simple_one_for_one") == 0 ? parent->name : NULL;
}
static airrt_reason reason_of(const char *word) {
    if (strcmp(word, "normal") == 0) return airrt_priv_reason(AIRRT_EXIT_NORMAL, AIRRT_OK, 0, NULL);
    if (strcmp(word, "shutdown") == 0) return airrt_priv_reason(AIRRT_EXIT_SHUTDOWN, AIRRT_OK, 0, NULL);
    if (strncmp(word, "shutdown:", 9) == 0) return airrt_priv_reason(AIRRT_EXIT_SHUTDOWN_TERM, AIRRT_OK, 0, word + 9);
    if (strcmp(word, "killed") == 0) return airrt_priv_reason(AIRRT_EXIT_KILLED, AIRRT_OK, 0, NULL);
    return airrt_priv_reason(AIRRT_EXIT_ERROR, AIRRT_ERR_FAILED, 0, word);
}
static void put_exit(node *n, const airrt_reason *reason) {
    const char *text = reason->kind == AIRRT_EXIT_NORMAL     ? "normal"
                       : reason->kind == AIRRT_EXIT_SHUTDOWN ? "shutdown"
                       : reason->kind == AIRRT_EXIT_KILLED   ? "killed"
                                                             : reason->text;
    put(group_of(n), "exit %s %s%s", n->name, reason->kind == AIRRT_EXIT_SHUTDOWN_TERM ? "shutdown:" : "", text);
    n->running = false;
}

/* ---- start attempts ---- */

static char next_letter(node *n) {
    size_t last = strlen(n->start) - 1, at = n->attempts++;
    return n->start[at < last ? at : last];
}
/* A restart that its supervisor tries by itself, not a start of the supervisor, not a call. */
static void start_failed(node *n) {
    node *parent = find(n->parent);
    PUT("start_fail %s", n->name);
    if (parent && !parent->booting && strcmp(calling, n->name) != 0) failing = n;
}

/* ---- workers ---- */

typedef struct order { enum { END, DELAYED } kind; char reason[64]; } order;
typedef struct which { uint32_t node; } which;
AIRRT_MESSAGE(order);
AIRRT_ACTOR(proc, order, which);
static airrt_err proc_begin(proc_ctx *ctx, which *state, const which *args) {
    node *n = &nodes[args->node];
    *state = *args;
    switch (next_letter(n)) {
    case 'o': break;
    case 'i': return PUT("start_ignore %s", n->name), proc_ignore(ctx);
    case 'x': start_failed(n); airrt_panic(1, "crash");
    default: return start_failed(n), proc_fail(ctx, 1, "error");
    }
    PUT("start %s", n->name);
    n->ref = proc_self(ctx).ref;
    n->running = true;
    return AIRRT_OK;
}
static airrt_err leave(proc_ctx *ctx, const char *word) {
    airrt_reason reason = reason_of(word);
    return airrt_ctx_leave(&ctx->base, &reason);
}
static airrt_err proc_handle(proc_ctx *ctx, which *state, const order *msg) {
    (void)state;
    return leave(ctx, msg->kind == END ? msg->reason : "shutdown");
}
/* Its supervisor wants it to stop. */
static airrt_err proc_asked(proc_ctx *ctx, which *state, const airrt_down *down) {
    const char *how = nodes[state->node].onstop;
    (void)down;
    if (strcmp(how, "ignore") == 0) return AIRRT_OK;
    if (strncmp(how, "delay:", 6) == 0) return proc_after(ctx, AIRRT_MS(strtoul(how + 6, NULL, 10)), (order){ .kind = DELAYED }, NULL);
    return leave(ctx, strcmp(how, "ok") == 0 ? "shutdown" : how);
}
static void proc_ended(proc_ctx *ctx, which *state, const airrt_reason *reason) {
    (void)ctx;
    put_exit(&nodes[state->node], reason);
}
AIRRT_ACTOR_IMPL(proc, which, proc_handle, .pre_start = proc_begin, .post_stop = proc_ended, .on_exit = proc_asked);

/* ---- supervisors: one type for each strategy ---- */

#define TYPES(X) X(one_for_one) X(one_for_all) X(rest_for_one) X(simple_one_for_one)
#define DECLARE(S) AIRRT_SUPERVISOR(S, which, airrt_quiet);
TYPES(DECLARE)

static airrt_spec spec_of(const node *n) {
    which args = { (uint32_t)(n - nodes) };
#define SPEC_OF(S) if (strcmp(n->strategy, #S) == 0) return S##_spec(args, NULL);
    if (n->supervisor) { TYPES(SPEC_OF) }
    return proc_spec(args);
}
static airrt_child_desc desc_of(const node *n) {
    airrt_child_desc desc = { .id = n->name, .restart = n->restart, .stop_timeout_ns = n->stop_ns, .significant = n->significant };
    if (n->supervisor) desc.name = n->name; /* how it is found */
    desc.type = strcmp(n->type, "supervisor") == 0 ? AIRRT_CHILD_SUPERVISOR : AIRRT_CHILD_WORKER;
    return desc;
}
static airrt_err init(airrt_children *children, const which *args) {
    node *me = &nodes[args->node];
    airrt_err err = AIRRT_OK;
    me->booting = true;
    char letter = next_letter(me);
    if (letter == 'i') return PUT("start_ignore %s", me->name), me->booting = false, root_result = me == nodes ? START_IGNORED : root_result, AIRRT_ERR_IGNORE;
    if (letter != 'o') return AIRRT_ERR_FAILED;
    airrt_children_limits(children, me->intensity ? me->intensity : AIRRT_NO_RESTARTS, AIRRT_SEC(me->period), me->auto_shutdown);
    for (size_t i = 0; i < node_count && !err; i++) {
        if (strcmp(nodes[i].parent, me->name) != 0 || nodes[i].later || nodes[i].dynamic) continue;
        airrt_child_desc desc = desc_of(&nodes[i]);
        err = airrt_children_add(children, spec_of(&nodes[i]), &desc);
    }
    if (err == AIRRT_ERR_BAD_SPEC && me == nodes) root_result = START_BAD_SPEC;
    return err;
}
#define DEFINE(S) AIRRT_SUPERVISOR_IMPL(S, airrt_##S, init);
TYPES(DEFINE)

static void note_supervisor(const void *args, const char *what, const struct airrt_reason *reason) {
    node *n = &nodes[((const which *)args)->node];
    if (strcmp(what, "ask") == 0) return;
    n->booting = false;
    if (strcmp(what, "start") == 0) {
        PUT("start %s", n->name);
        n->running = true;
        if (n == nodes) root_result = STARTED;
    } else if (strcmp(what, "exit") == 0) {
        put_exit(n, reason);
    } else {
        start_failed(n);
        if (n == nodes && root_result != START_BAD_SPEC) root_result = START_FAILED;
    }
}

/* ---- running ---- */

static uint64_t clock_ns(void *ctx) { return (void)ctx, now_ns; }
static void carry_out(char *step);
static bool between; /* steps of at_fail are carried out: what is held back stays so */
/* No supervisor is starting, stopping or trying again; one on hold does not count. */
static bool all_quiet(void) {
    airrt_ref ref;
    uint32_t slot = 0;
    for (airrt_cell *cell; (cell = airrt_priv_each(sys, &slot, &ref)) != NULL;) {
        const airrt_sup *sup = airrt_priv_type(cell)->has & AIRRT_HAS_KEEP_ ? ((airrt_sup_state *)cell->state)->sup : NULL;
        if (sup && !sup->held && !airrt_priv_sup_quiet(sup)) return false;
    }
    return true;
}
/* Until nothing is running, queued, starting, stopping, or about to be tried again. */
static void settle(void) {
    for (;;) {
        while (airrt_system_poll(sys, 1) > 0) {}
        if (failing) {
            node *n = failing;
            char due[STEPS][160];
            size_t count = 0, kept = 0;
            failing = NULL;
            for (size_t i = 0; i < registered_count; i++) {
                if (strcmp(registered_for[i], n->name) == 0) {
                    strcpy(due[count++], registered[i]);
                } else {
                    memmove(registered[kept], registered[i], sizeof *registered);
                    memmove(registered_for[kept++], registered_for[i], sizeof *registered_for);
                }
            }
            registered_count = kept;
            for (size_t i = 0; i < count; i++) PUT("! %s", due[i]);
            between = true;
            for (size_t i = 0; i < count; i++) carry_out(due[i]);
            between = false;
            continue;
        }
        if (all_quiet()) return;
        uint64_t idle = airrt_system_idle_ns(sys);
        if (idle == AIRRT_FOREVER) die("stuck", "");
        now_ns += idle ? idle : 1;
    }
}
/* What is due now, without the tries that are held back: between steps of at_fail. */
static void settle_now(void) { while (airrt_system_poll(sys, 1) > 0) {} }
static void settle_step(void) {
    if (between) settle_now();
    else settle();
}

static airrt_supervisor supervisor_of(node *n) {
    airrt_supervisor sup = { n->ref };
    if (n != nodes && airrt_whereis(sys, n->name, &sup.ref)) memset(&sup, 0, sizeof sup);
    return sup;
}
/* A call that is carried out while the system is polled; r stays readable until done_with(r). */
static airrt_sup_request *call(node *sup_node, airrt_sup_op op, airrt_sup_request *r) {
    airrt_supervisor sup = supervisor_of(sup_node);
    airrt_sup_call msg = { op, 0, 0, r };
    static airrt_sup_answer unused;
    airrt_reason why;
    airrt_signal *question = airrt_priv_question(sys, &unused, sizeof unused, &why);
    airrt_promise promise = { 0, 0, 0 };
    airrt_send_desc desc = { .priority = AIRRT_PRIORITY_DEFAULT };
    if (!question) die("no memory", sup_node->name);
    promise.slot = question->index;
    promise.generation = AIRRT_WORD_GENERATION(airrt_load_relaxed(&question->word));
    if (airrt_priv_send_full(sup.ref, airrt_priv_supervisor_type(sup.ref), &msg, &desc, AIRRT_SEND_TRY_, &promise))
        die("call failed", sup_node->name);
    settle_step();
    while (AIRRT_WORD_STATE(airrt_load_acquire(&question->word)) != AIRRT_WORD_DONE) { /* one that waits for a child to stop */
        uint64_t idle = airrt_system_idle_ns(sys);
        if (idle == AIRRT_FOREVER) die("no answer", sup_node->name);
        now_ns += idle ? idle : 1;
        settle_now();
    }
    airrt_priv_signal_put(question);
    return r;
}
static void done_with(airrt_sup_request *r) { airrt_priv_sup_let_go(r); }
static airrt_sup_request *request(const char *id) {
    airrt_sup_request *r = airrt_priv_request(NODES);
    if (!r) die("no memory", "");
    airrt_priv_text(r->id, sizeof r->id, id);
    return r;
}

static const char *shutdown_text(uint64_t ns) {
    static char text[24];
    if (ns == AIRRT_NO_WAIT) return "brutal_kill";
    if (ns == AIRRT_FOREVER) return "infinity";
    snprintf(text, sizeof text, "%" PRIu64, ns / 1000000);
    return text;
}
static const char *type_text(airrt_child_type type) { return type == AIRRT_CHILD_SUPERVISOR ? "supervisor" : "worker"; }
static const char *error_text(airrt_err err) {
    switch ((int)err) {
    case AIRRT_ERR_ALREADY_STARTED: return "already_started";
    case AIRRT_ERR_ALREADY_PRESENT: return "already_present";
    case AIRRT_ERR_START: return "start_failed";
    case AIRRT_ERR_BAD_SPEC: return "bad_combination";
    case AIRRT_ERR_NOT_FOUND: return "not_found";
    case AIRRT_ERR_TYPE: return "simple_one_for_one";
    case AIRRT_ERR_RUNNING: return "running";
    case AIRRT_ERR_RESTARTING: return "restarting";
    }
    return airrt_err_str(err);
}
static void put_result(airrt_err err) {
    if (err) PUT("= error %s", error_text(err));
    else PUT("= ok");
}
static void put_started(const airrt_sup_request *r) {
    if (!r->error.err && !r->info[0].ref.generation) PUT("= ok undefined");
    else put_result(r->error.err);
}
static void which_children(node *sup) {
    bool dynamic = strcmp(sup->strategy, "simple_one_for_one") == 0;
    airrt_sup_request *r = call(sup, AIRRT_SUP_WHICH, request(""));
    PUT("= children %zu", r->count);
    size_t first = line_count;
    for (size_t i = 0; i < r->count; i++) {
        const airrt_child_info *info = &r->info[i];
        const char *name = info->id, *state = airrt_child_state_str(info->state);
        if (dynamic) name = "-";
        for (size_t k = 0; dynamic && info->state == AIRRT_CHILD_RUNNING && k < node_count; k++)
            if (airrt_ref_equal(nodes[k].ref, info->ref)) name = nodes[k].name;
        PUT("| %s %s %s", name, state, type_text(info->type));
    }
    if (dynamic) qsort(&lines[first], line_count - first, sizeof *lines, by_text);
    done_with(r);
}

/* The words of a step; the rest are empty. */
static size_t split(char *step, char words[WORDS][64]) {
    size_t n = 0;
    memset(words, 0, WORDS * sizeof *words);
    for (char *word = strtok(step, " "); word && n < WORDS; word = strtok(NULL, " ")) snprintf(words[n++], sizeof *words, "%s", word);
    return n;
}
static void set_key(node *n, const char *key, const char *value);
static void start_child(node *sup, char words[WORDS][64], size_t count) {
    bool dynamic = strcmp(sup->strategy, "simple_one_for_one") == 0;
    node *n = find(words[2]);
    if (dynamic) {
        node *template = NULL;
        for (size_t i = 0; i < node_count && !template; i++)
            if (!nodes[i].dynamic && strcmp(nodes[i].parent, sup->name) == 0) template = &nodes[i];
        if (!template) die("no template", sup->name);
        if (!n) {
            if (node_count == NODES) die("too many names", words[2]);
            n = &nodes[node_count++];
            *n = *template;
            n->attempts = 0;
            n->running = false;
        }
        airrt_priv_text(n->name, sizeof n->name, words[2]);
        airrt_priv_text(n->parent, sizeof n->parent, sup->name);
        memcpy(n->start, template->start, sizeof n->start);
        memcpy(n->onstop, template->onstop, sizeof n->onstop);
        n->dynamic = true;
        for (size_t i = 3; i < count; i++) {
            char *value = strchr(words[i], '=');
            if (!value) die("no value", words[i]);
            *value = 0;
            set_key(n, words[i], value + 1);
        }
    } else {
        if (!n) die("no such name", words[2]);
    }
    airrt_child_desc desc = desc_of(n);
    airrt_batch_child child = { spec_of(n), dynamic ? NULL : &desc };
    airrt_sup_request *r = airrt_priv_request_start(&child, 1);
    if (!r) die("no memory", "");
    calling = n->name;
    put_started(call(sup, AIRRT_SUP_START_CHILDREN, r));
    calling = "";
    done_with(r);
}
static void call_of(node *sup, char words[WORDS][64], size_t count) {
    const char *what = words[0], *id = words[2];
    bool dynamic = strcmp(sup->strategy, "simple_one_for_one") == 0;
    if (strcmp(what, "start_child") == 0) {
        start_child(sup, words, count);
        return;
    }
    if (strcmp(what, "which_children") == 0) {
        which_children(sup);
        return;
    }
    airrt_sup_request *r = request(id);
    if (strcmp(what, "count_children") == 0) {
        call(sup, AIRRT_SUP_COUNT, r);
        PUT("= count specs=%zu active=%zu supervisors=%zu workers=%zu", r->counts.specs, r->counts.active, r->counts.supervisors,
            r->counts.workers);
    } else if (strcmp(what, "terminate_child") == 0) {
        node *n = find(id);
        bool by_ref = dynamic && n && (n->dynamic || strcmp(n->parent, sup->name) != 0);
        if (by_ref) r->ref = n->supervisor ? supervisor_of(n).ref : n->ref;
        call(sup, by_ref ? AIRRT_SUP_TERMINATE_REF : AIRRT_SUP_TERMINATE, r);
        put_result(r->error.err);
    } else if (strcmp(what, "restart_child") == 0) {
        calling = id;
        put_started(call(sup, AIRRT_SUP_RESTART_CHILD, r));
        calling = "";
    } else if (strcmp(what, "delete_child") == 0) {
        put_result(call(sup, AIRRT_SUP_DELETE, r)->error.err);
    } else if (strcmp(what, "get_childspec") == 0) {
        if (dynamic) /* of the process, hence of the template */
            for (size_t i = 0; i < node_count; i++)
                if (!nodes[i].dynamic && strcmp(nodes[i].parent, sup->name) == 0 && find(id)) airrt_priv_text(r->id, sizeof r->id, nodes[i].name);
        call(sup, AIRRT_SUP_GET, r);
        const airrt_child_info *info = r->info;
        if (r->error.err) put_result(r->error.err);
        else
            PUT("= childspec %s restart=%s significant=%s shutdown=%s type=%s", info->id, airrt_restart_str(info->restart),
                info->significant ? "true" : "false", shutdown_text(info->stop_timeout_ns), type_text(info->type));
    } else {
        die("no such step", what);
    }
    done_with(r);
}
static void start_root(void) {
    airrt_spec spec = spec_of(nodes);
    airrt_spawn_desc desc = { .detached = true };
    root_result = NOT_STARTED;
    if (airrt_priv_spawn(sys, spec.type, spec.args, &desc, &nodes->ref)) die("cannot spawn", "root");
    settle();
    PUT(root_result == STARTED          ? "= ok"
        : root_result == START_IGNORED  ? "= ignore"
        : root_result == START_BAD_SPEC ? "= error bad_spec"
                                        : "= error start_failed");
}
static void hold(node *sup, airrt_sup_op op) {
    airrt_sup_request *r = call(sup, op, request(""));
    done_with(r);
}
static void carry_out(char *step) {
    char words[WORDS][64], copy[160];
    strcpy(copy, step);
    size_t count = split(copy, words);
    if (strcmp(words[0], "start") == 0) {
        start_root();
    } else if (strcmp(words[0], "advance") == 0) {
        now_ns += AIRRT_MS(strtoull(words[1], NULL, 10));
    } else if (strcmp(words[0], "stop") == 0 || strcmp(words[0], "exit") == 0 || strcmp(words[0], "kill") == 0) {
        node *n = strcmp(words[0], "stop") == 0 ? nodes : known(words[1]);
        airrt_ref ref = n->supervisor ? supervisor_of(n).ref : n->ref;
        order end = { .kind = END };
        airrt_priv_text(end.reason, sizeof end.reason, words[2]);
        if (!n->running && between) return;
        if (!n->running) PUT("= error noproc");
        else if (strcmp(words[0], "stop") == 0) airrt_discard(airrt_stop_async(ref));
        else if (strcmp(words[0], "kill") == 0) airrt_discard(airrt_kill(ref));
        else if (proc_send((proc_ref){ ref }, end)) die("cannot send", words[1]);
    } else {
        node *sup = known(words[1]);
        if (!sup->running) PUT("= error noproc");
        else if (strcmp(words[0], "hold") == 0) hold(sup, AIRRT_SUP_HOLD);
        else if (strcmp(words[0], "release") == 0) hold(sup, AIRRT_SUP_UNHOLD);
        else call_of(sup, words, count);
    }
    settle_step();
}

/* ---- reading scenarios ---- */

static void set_key(node *n, const char *key, const char *value) {
    if (strcmp(key, "strategy") == 0) airrt_priv_text(n->strategy, sizeof n->strategy, value);
    else if (strcmp(key, "intensity") == 0) n->intensity = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "period") == 0) n->period = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(key, "auto_shutdown") == 0)
        n->auto_shutdown = strcmp(value, "any_significant") == 0   ? AIRRT_AUTO_SHUTDOWN_ANY
                           : strcmp(value, "all_significant") == 0 ? AIRRT_AUTO_SHUTDOWN_ALL
                                                                   : AIRRT_AUTO_SHUTDOWN_NEVER;
    else if (strcmp(key, "restart") == 0)
        n->restart = strcmp(value, "transient") == 0   ? AIRRT_RESTART_TRANSIENT
                     : strcmp(value, "temporary") == 0 ? AIRRT_RESTART_TEMPORARY
                                                       : AIRRT_RESTART_PERMANENT;
    else if (strcmp(key, "shutdown") == 0)
        n->stop_ns = strcmp(value, "brutal_kill") == 0 ? AIRRT_NO_WAIT
                     : strcmp(value, "infinity") == 0  ? AIRRT_FOREVER
                                                       : AIRRT_MS(strtoull(value, NULL, 10));
    else if (strcmp(key, "significant") == 0) n->significant = strcmp(value, "true") == 0;
    else if (strcmp(key, "type") == 0) airrt_priv_text(n->type, sizeof n->type, value);
    else if (strcmp(key, "later") == 0) n->later = true;
    else if (strcmp(key, "start") == 0) airrt_priv_text(n->start, sizeof n->start, value);
    else if (strcmp(key, "onstop") == 0) airrt_priv_text(n->onstop, sizeof n->onstop, value);
    else die("no such key", key);
}
static void read_node(char words[WORDS][64], size_t count) {
    if (node_count == NODES) die("too many names", words[1]);
    node *n = &nodes[node_count++];
    memset(n, 0, sizeof *n);
    airrt_priv_text(n->name, sizeof n->name, words[1]);
    airrt_priv_text(n->parent, sizeof n->parent, words[2]);
    n->supervisor = strcmp(words[0], "sup") == 0;
    strcpy(n->start, "o");
    strcpy(n->onstop, "ok");
    strcpy(n->type, n->supervisor ? "supervisor" : "worker");
    if (n->supervisor) strcpy(n->strategy, "one_for_one");
    n->intensity = 1;
    n->period = 5;
    for (size_t i = 3; i < count; i++) {
        char *value = strchr(words[i], '=');
        if (!value) die("no value", words[i]);
        *value = 0;
        set_key(n, words[i], value + 1);
    }
    if (!n->stop_ns) n->stop_ns = strcmp(n->type, "supervisor") == 0 && n->supervisor ? AIRRT_FOREVER : n->supervisor || strcmp(n->type, "supervisor") ? AIRRT_SEC(5) : AIRRT_FOREVER;
}
static void read_scenario(const char *path) {
    FILE *file = fopen(path, "r");
    char line[200], copy[200], words[WORDS][64];
    bool in_steps = false;
    if (!file) die("cannot open", path);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        if (!*line || *line == '#') continue;
        if (in_steps) {
            if (step_count == STEPS || strlen(line) >= sizeof *steps) die("too many steps, or too long", line);
            strcpy(steps[step_count++], line);
            continue;
        }
        strcpy(copy, line);
        size_t count = split(copy, words);
        if (strcmp(words[0], "sup") == 0 || strcmp(words[0], "child") == 0) read_node(words, count);
        in_steps = strcmp(words[0], "steps") == 0;
    }
    fclose(file);
    if (!node_count || !nodes->supervisor) die("no root", path);
}

int main(int argc, char **argv) {
    if (argc != 2) die("usage", "otp_conformance FILE.scn");
    read_scenario(argv[1]);
    airrt_system_desc desc = { .polled = true, .clock = { clock_ns, clock_ns, NULL }, .seed = 1 };
    if (airrt_system_open(&desc, &sys)) die("cannot open a system", airrt_error_last()->text);
    for (size_t i = 0; i < step_count; i++) {
        char word[16] = "", name[16] = "";
        int rest = 0;
        PUT("> %s", steps[i]);
        sscanf(steps[i], "%15s %15s %n", word, name, &rest);
        if (strcmp(word, "at_fail") == 0) {
            strcpy(registered_for[registered_count], name);
            strcpy(registered[registered_count++], steps[i] + rest);
        } else {
            carry_out(steps[i]);
        }
    }
    PUT("end");
    print_lines();
    airrt_system_close(sys);
    return 0;
}
