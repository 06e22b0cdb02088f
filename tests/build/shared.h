/* Instantiations in a header that several files of one program include, C and C++. */
#ifndef SHARED_H_
#define SHARED_H_
#include "airrt_monitor.h"

typedef struct tally_msg { int kind; long by; } tally_msg; /* 0: add, else: tell */
typedef struct tally_args { long start; } tally_args;
AIRRT_MESSAGE(tally_msg);
AIRRT_ACTOR(tally, tally_msg, tally_args); /* body: shared_body.c */
AIRRT_REQUEST(tally_total, tally, long);
AIRRT_MAILBOX(tally_box, tally_msg);
AIRRT_SPSC(tally_ring, tally_msg);
AIRRT_MPSC(tally_funnel, tally_msg);
AIRRT_MONITOR(tally_log, airrt_event, airrt_event_severity);
AIRRT_WATCH(tally_watch, tally_log);
AIRRT_OBSERVER(tally_observer, tally_log, (tally_log *)0);
AIRRT_METER(tally_meter, (airrt_meter *)0);

#ifdef __cplusplus
extern "C"
#endif
airrt_err body_sends(tally_ref to, tally_box *box); /* sends 2 to the actor and one message to the mailbox */

#endif
