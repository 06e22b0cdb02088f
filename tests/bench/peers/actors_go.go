// Actor workloads in Go: actors_go WORKLOAD N, THREADS=GOMAXPROCS (2). An actor is a goroutine that ranges over a
// buffered channel of structs: no allocation for a message, no interface values. Best practice: channels with room, where
// a producer bursts (CAP, default 256: more is not faster); room for everything in flight where actors send to each
// other, for a full channel parks the sender and a cycle of parked senders never ends.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

type tag uint32

const (
	start tag = iota
	ping
	pong
	add
	get
	hop
	meet
	change
)

type msg struct {
	tag  tag
	a, b uint64
}

const (
	producers = 8
	ring      = 503
	joined    = 60
	bigs      = 120
	creatures = 100
	inFlight  = 256
)

func fromEnv(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return otherwise
}

func check(ok bool, what string) {
	if !ok {
		fmt.Fprintln(os.Stderr, "actors_go: wrong result:", what)
		os.Exit(1)
	}
}

func rss() float64 {
	statm, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(statm))[1])
	return float64(pages * os.Getpagesize())
}

// What a workload measured: how long it took for how many messages (or actors).
type result struct {
	took          time.Duration
	msgs          uint64
	bytesPerActor float64
}

func pingpong(n uint64) result {
	pings, pongs, done := make(chan msg, 1), make(chan msg, 1), make(chan uint64)
	go func() {
		answered := uint64(0)
		for m := range pings {
			answered++
			pongs <- msg{pong, m.a, answered}
		}
	}()
	go func() {
		for m := range pongs {
			if m.tag == pong {
				m.a--
			}
			if m.a == 0 {
				done <- m.b
				return
			}
			pings <- msg{ping, m.a, 0}
		}
	}()
	begun := time.Now()
	pongs <- msg{start, n, 0}
	answered := <-done
	took := time.Since(begun)
	check(answered == n, "pongs")
	return result{took, 2 * n, 0}
}

func fanin(n, senders uint64) result {
	counter, done := make(chan msg, fromEnv("CAP", 256)), make(chan uint64)
	go func() {
		sum, left := uint64(0), senders
		for m := range counter {
			if m.tag == add {
				sum += m.a
			} else if left--; left == 0 {
				done <- sum
				return
			}
		}
	}()
	goes := make([]chan msg, senders)
	for i := range goes {
		mine := make(chan msg, 1)
		goes[i] = mine
		go func() {
			for left := (<-mine).a; left > 0; left-- {
				counter <- msg{add, 1, 0}
			}
			counter <- msg{get, 0, 0}
		}()
	}
	begun := time.Now()
	for _, producer := range goes {
		producer <- msg{start, n / senders, 0}
	}
	sum := <-done
	took := time.Since(begun)
	check(sum == n/senders*senders, "sum")
	return result{took, sum, 0}
}

func threadring(n uint64) result {
	var actors [ring]chan msg
	done := make(chan uint64)
	for i := range actors {
		actors[i] = make(chan msg, 1)
	}
	for i := range actors {
		mine, next := actors[i], actors[(i+1)%ring]
		go func() {
			for m := range mine {
				if m.a == 0 {
					done <- m.b
				} else {
					next <- msg{hop, m.a - 1, m.b + 1}
				}
			}
		}()
	}
	begun := time.Now()
	actors[0] <- msg{hop, n, 0}
	hops := <-done
	took := time.Since(begun)
	check(hops == n, "hops")
	return result{took, n, 0}
}

func forkjoin(n uint64) result {
	done, sum := make(chan bool, 1), uint64(0)
	begun := time.Now()
	for i := uint64(0); i < n; i++ {
		mine := make(chan msg, 1)
		go func() {
			m := <-mine
			if atomic.AddUint64(&sum, m.a) == n {
				done <- true
			}
		}()
		mine <- msg{add, 1, 0}
	}
	<-done
	return result{time.Since(begun), n, 0}
}

func fjthroughput(n uint64) result {
	var sinks [joined]chan msg
	done := make(chan uint64, joined)
	for i := range sinks {
		mine := make(chan msg, fromEnv("CAP", 256))
		sinks[i] = mine
		go func() {
			sum := uint64(0)
			for got := uint64(0); got < n; got++ {
				sum += (<-mine).a
			}
			done <- sum
		}()
	}
	begun := time.Now()
	for i := uint64(0); i < n; i++ {
		for _, sink := range sinks {
			sink <- msg{add, 1, 0}
		}
	}
	sum := uint64(0)
	for range sinks {
		sum += <-done
	}
	took := time.Since(begun)
	check(sum == joined*n, "sum")
	return result{took, joined * n, 0}
}

func big(n uint64) result {
	var actors [bigs]chan msg
	done, left, answered := make(chan bool, 1), int64(bigs), uint64(0)
	for i := range actors {
		actors[i] = make(chan msg, inFlight)
	}
	for i := range actors {
		id, mine, pings := uint64(i), actors[i], n
		random := uint32(id)*2654435761 + 12345
		go func() {
			mineAnswered := uint64(0)
			for m := range mine {
				if m.tag == ping {
					mineAnswered++
					actors[m.b] <- msg{pong, m.a, 0}
				} else if pings > 0 {
					random ^= random << 13
					random ^= random >> 17
					random ^= random << 5
					actors[random%bigs] <- msg{ping, pings, id}
					pings--
				} else if atomic.AddInt64(&left, -1) == 0 {
					done <- true
				}
			}
			atomic.AddUint64(&answered, mineAnswered)
			atomic.AddInt64(&left, 1)
		}()
	}
	begun := time.Now()
	for _, actor := range actors {
		actor <- msg{pong, 0, 0}
	}
	<-done
	took := time.Since(begun)
	for _, actor := range actors {
		close(actor)
	}
	for atomic.LoadInt64(&left) < bigs {
		runtime.Gosched()
	}
	check(answered == bigs*n, "pings")
	return result{took, 2 * bigs * n, 0}
}

func chameneos(n uint64) result {
	var all [creatures]chan msg
	mall, done, met := make(chan msg, inFlight), make(chan bool), make(chan uint64, creatures)
	for i := range all {
		all[i] = make(chan msg, inFlight)
	}
	for i := range all {
		id, mine, colour := uint64(i), all[i], uint64(i%3)
		go func() {
			meetings := uint64(0)
			for m := range mine {
				switch m.tag {
				case meet:
					meetings++
					if colour != m.a {
						colour = 3 - colour - m.a
					}
					all[m.b] <- msg{change, colour, id}
				case change:
					meetings++
					colour = m.a
				}
				mall <- msg{meet, colour, id}
			}
			met <- meetings
		}()
	}
	go func() {
		left, faded := n, 0
		for {
			first := <-mall
			if left == 0 {
				if faded++; faded == creatures {
					done <- true
					return
				}
				continue
			}
			left--
			all[first.b] <- <-mall
		}
	}()
	begun := time.Now()
	for _, creature := range all {
		creature <- msg{start, 0, 0}
	}
	<-done
	took := time.Since(begun)
	sum := uint64(0)
	for _, creature := range all {
		close(creature)
		sum += <-met
	}
	check(sum == 2*n, "meetings")
	return result{took, 4 * n, 0}
}

func spawn(n uint64) result {
	actors, up := make([]chan msg, n), uint64(0)
	runtime.GC()
	before, begun := rss(), time.Now()
	for i := range actors {
		mine := make(chan msg, 1)
		actors[i] = mine
		go func() {
			atomic.AddUint64(&up, 1)
			for range mine {
			}
		}()
	}
	for atomic.LoadUint64(&up) < n {
		runtime.Gosched()
	}
	took, after := time.Since(begun), rss()
	runtime.KeepAlive(actors)
	return result{took, n, (after - before) / float64(n)}
}

func main() {
	workloads := map[string]func(uint64) result{
		"pingpong": pingpong, "threadring": threadring, "forkjoin": forkjoin, "fjthroughput": fjthroughput,
		"big": big, "chameneos": chameneos, "spawn": spawn,
		"counting": func(n uint64) result { return fanin(n, 1) },
		"fanin":    func(n uint64) result { return fanin(n, producers) },
	}
	if len(os.Args) != 3 || workloads[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: THREADS=2 actors_go WORKLOAD N")
		os.Exit(2)
	}
	n, err := strconv.ParseUint(os.Args[2], 10, 64)
	check(err == nil && n > 0, "N")
	runtime.GOMAXPROCS(fromEnv("THREADS", 2))
	r := workloads[os.Args[1]](n)
	fmt.Printf("workload=%s peer=go n=%d seconds=%.6f msgs_per_sec=%.0f", os.Args[1], n, r.took.Seconds(),
		float64(r.msgs)/r.took.Seconds())
	if r.bytesPerActor > 0 {
		fmt.Printf(" bytes_per_actor=%.0f", r.bytesPerActor)
	}
	fmt.Println()
}
