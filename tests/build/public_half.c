/* The public half alone, included twice, and every kind of instantiation unused: no warning, no symbol that is needed. */
#include "airrt_monitor.h"
#include "airrt_monitor.h"

typedef struct ball { int spin; } ball;
static void ball_drop(ball *msg) { (void)msg; }
AIRRT_MESSAGE(ball, .drop = ball_drop, .priority = AIRRT_PRIORITY_HIGH, .name = "a ball");
AIRRT_MAILBOX(basket, ball);
AIRRT_MAILBOX_RECORDED(counted_basket, ball, airrt_atomic_recorder);
AIRRT_SPSC(chute, ball);
AIRRT_MPSC(funnel, ball);
AIRRT_ACTOR(player, ball, airrt_none);
AIRRT_REQUEST(score, player, int);
AIRRT_ACTOR_OBSERVED(seen_player, ball, airrt_none, airrt_unobserved);
AIRRT_INLINE airrt_severity ball_severity(const ball *b) { return b->spin ? AIRRT_SEVERITY_INFO : AIRRT_SEVERITY_DEBUG; }
AIRRT_MONITOR(scorer, ball, ball_severity);
AIRRT_NOOP_MONITOR(no_scorer, ball, ball_severity);
AIRRT_MONITOR(journal, airrt_event, airrt_event_severity);
AIRRT_WATCH(journal_watch, journal);
AIRRT_OBSERVER(journal_observer, journal, (journal *)NULL);
AIRRT_METER(journal_meter, (airrt_meter *)NULL);
AIRRT_REMOTE(far_player, far_throw, ball, ball);
AIRRT_SERVER(far_throw, ball, ball);
AIRRT_TOPIC(throws, ball);
AIRRT_TOPIC_OBSERVED(seen_throws, ball, journal_observer);
AIRRT_GROUP(team, player);
AIRRT_INLINE ball ball_of_throw(const ball *thrown) { return *thrown; }
AIRRT_SUBSCRIBER(player, throws, ball_of_throw);
