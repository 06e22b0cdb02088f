// Actor workloads in Go: actors_go WORKLOAD N, THREADS=GOMAXPROCS (2). An actor is a goroutine that ranges over a
// buffered channel of structs: no allocation for a message, no interface values. Best practice: channels with room, where
// a producer bursts (CAPACITY, default 256: more is not faster); room for everything in flight where actors send to each
// other, for a full channel parks the sender and a cycle of parked senders never ends. A request is a message with a channel
// for the answer, which the asker keeps for the next one. Timers are time.AfterFunc: its callback runs without a goroutine
// that waits.
package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
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
	next
	ask
	answer
	finished
	read
	write
)

type msg struct {
	tag  tag
	a, b uint64
}

const (
	joined     = 60
	bigs       = 120
	creatures  = 100
	inFlight   = 256
	sides      = 40
	room       = 50
	series     = 10
	accounts   = 1000
	atOnce     = 500
	money      = 1000
	population = 1000
	armed      = 1000
	resting    = 1000
	diners     = 20
	lookers    = 20
	keys       = 200
	chairs     = 100
	customers  = 200
	addicts    = 200
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

func random(state *uint32) uint32 {
	*state ^= *state << 13
	*state ^= *state >> 17
	*state ^= *state << 5
	return *state
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
	more          string // further figures
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
	return result{took: took, msgs: 2 * n}
}

func fanin(n, senders uint64) result {
	counter, done := make(chan msg, fromEnv("CAPACITY", inFlight)), make(chan uint64)
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
	return result{took: took, msgs: sum}
}

func threadring(n uint64) result {
	actors := make([]chan msg, fromEnv("ACTORS", 503))
	done := make(chan uint64)
	for i := range actors {
		actors[i] = make(chan msg, 1)
	}
	for i := range actors {
		mine, next := actors[i], actors[(i+1)%len(actors)]
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
	return result{took: took, msgs: n}
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
	return result{took: time.Since(begun), msgs: n}
}

func fjthroughput(n uint64) result {
	var sinks [joined]chan msg
	done := make(chan uint64, joined)
	for i := range sinks {
		mine := make(chan msg, fromEnv("CAPACITY", inFlight))
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
	return result{took: took, msgs: joined * n}
}

func big(n uint64) result {
	var actors [bigs]chan msg
	done, left, answered := make(chan bool, 1), int64(bigs), uint64(0)
	for i := range actors {
		actors[i] = make(chan msg, inFlight)
	}
	for i := range actors {
		id, mine, pings := uint64(i), actors[i], n
		state := uint32(id)*2654435761 + 12345
		go func() {
			mineAnswered := uint64(0)
			for m := range mine {
				if m.tag == ping {
					mineAnswered++
					actors[m.b] <- msg{pong, m.a, 0}
				} else if pings > 0 {
					actors[random(&state)%bigs] <- msg{ping, pings, id}
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
	return result{took: took, msgs: 2 * bigs * n}
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
	return result{took: took, msgs: 4 * n}
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
	return result{took: took, msgs: n, bytesPerActor: (after - before) / float64(n)}
}

// Forty producers and forty consumers, a manager with room for fifty items between them.
func boundedbuffer(n uint64) result {
	each := (n + sides - 1) / sides
	manager, done, sums := make(chan msg, 2*sides), make(chan bool), make(chan uint64, sides)
	var makers, users [sides]chan msg
	for i := range makers {
		makers[i], users[i] = make(chan msg, 1), make(chan msg, 1)
	}
	for i := range makers {
		id, mine := uint64(i), makers[i]
		go func() {
			for left := each; left > 0; left-- {
				<-mine
				manager <- msg{add, left, id}
			}
			for range mine {
			}
		}()
	}
	for i := range users {
		id, mine := uint64(i), users[i]
		go func() {
			sum := uint64(0)
			for m := range mine {
				did := uint64(0)
				if m.tag == add {
					sum += m.a
					did = 1
				}
				manager <- msg{ask, did, id}
			}
			sums <- sum
		}()
	}
	go func() {
		left := each * sides
		var items [room]uint64
		first, waiting := 0, 0
		var idleMakers, idleUsers []uint64
		for m := range manager {
			if m.tag == add {
				if k := len(idleUsers); k > 0 {
					users[idleUsers[k-1]] <- msg{add, m.a, 0}
					idleUsers = idleUsers[:k-1]
				} else {
					check(waiting < room, "room for fifty")
					items[(first+waiting)%room] = m.a
					waiting++
				}
				if waiting >= room-sides {
					idleMakers = append(idleMakers, m.b)
				} else {
					makers[m.b] <- msg{next, 0, 0}
				}
				continue
			}
			left -= m.a
			if waiting > 0 {
				users[m.b] <- msg{add, items[first], 0}
				first = (first + 1) % room
				waiting--
				if k := len(idleMakers); k > 0 {
					makers[idleMakers[k-1]] <- msg{next, 0, 0}
					idleMakers = idleMakers[:k-1]
				}
			} else if idleUsers = append(idleUsers, m.b); left == 0 && len(idleUsers) == sides {
				done <- true
				return
			}
		}
	}()
	begun := time.Now()
	for i := range users {
		users[i] <- msg{start, 0, 0}
		makers[i] <- msg{start, 0, 0}
	}
	<-done
	took := time.Since(begun)
	sum := uint64(0)
	for _, user := range users {
		close(user)
		sum += <-sums
	}
	check(sum == sides*(each*(each+1)/2), "sum")
	return result{took: took, msgs: each * sides}
}

// Ten series, each asks its computer for every term.
func logisticmap(n uint64) result {
	terms := make(chan uint64, series)
	var all [series]chan msg
	expected := uint64(0)
	for i := range all {
		rate, term := 3.46+0.0025*float64(i), 0.1+0.01*float64(i)
		mine, computer := make(chan msg, inFlight), make(chan msg, 1)
		all[i] = mine
		last := term
		for k := uint64(0); k < n; k++ {
			last = float64(rate*last) * (1 - last)
		}
		expected += math.Float64bits(last)
		go func() {
			for m := range computer {
				term := math.Float64frombits(m.a)
				mine <- msg{answer, math.Float64bits(float64(rate*term) * (1 - term)), 0}
			}
		}()
		go func() {
			owed, lastAsked := uint64(0), false
			for m := range mine {
				waits := owed > 0
				switch m.tag {
				case answer:
					term = math.Float64frombits(m.a)
					owed--
					waits = false
				case next:
					owed++
				default:
					lastAsked = true
				}
				if owed > 0 && !waits {
					computer <- msg{ask, math.Float64bits(term), 0}
				} else if owed == 0 && lastAsked {
					terms <- math.Float64bits(term)
					return
				}
			}
		}()
	}
	begun := time.Now()
	for i := uint64(0); i < n; i++ {
		for _, one := range all {
			one <- msg{next, 0, 0}
		}
	}
	for _, one := range all {
		one <- msg{get, 0, 0}
	}
	sum := uint64(0)
	for range all {
		sum += <-terms
	}
	took := time.Since(begun)
	check(sum == expected, "terms")
	return result{took: took, msgs: 3 * series * n}
}

// A teller moves money between a thousand accounts, five hundred transactions at a time. An account that waits for another
// one's answer puts aside what it is asked meanwhile.
func bank(n uint64) result {
	teller, done, sums := make(chan msg, atOnce), make(chan bool), make(chan int64, accounts)
	var all [accounts]chan msg
	for i := range all {
		all[i] = make(chan msg, 2*atOnce)
	}
	for i := range all {
		id, mine := uint64(i), all[i]
		go func() {
			balance, waits := int64(money), false
			var aside []msg
			take := func(m msg) {
				waits = true
				balance -= int64(m.a)
				all[m.b] <- msg{add, m.a, id}
			}
			for m := range mine {
				switch m.tag {
				case ask:
					if waits {
						aside = append(aside, m)
					} else {
						take(m)
					}
				case add:
					balance += int64(m.a)
					all[m.b] <- msg{answer, 0, 0}
				default:
					waits = false
					teller <- msg{finished, 0, 0}
					if len(aside) > 0 {
						m, aside = aside[0], aside[1:]
						take(m)
					}
				}
			}
			sums <- balance
		}()
	}
	go func() {
		state, left := uint32(12345), n
		deal := func() {
			from := random(&state) % (accounts / 10 * 8)
			to := from + 1 + random(&state)%(accounts-from-1)
			all[from] <- msg{ask, uint64(1 + state%100), uint64(to)}
			left--
		}
		<-teller
		for i := 0; i < atOnce && left > 0; i++ {
			deal()
		}
		for ended := uint64(0); ended < n; ended++ {
			<-teller
			if left > 0 {
				deal()
			}
		}
		done <- true
	}()
	begun := time.Now()
	teller <- msg{start, 0, 0}
	<-done
	took := time.Since(begun)
	sum := int64(0)
	for _, account := range all {
		close(account)
		sum += <-sums
	}
	check(sum == accounts*money, "money")
	return result{took: took, msgs: 4 * n}
}

// An actor for every call.
func fib(n uint64, parent chan msg) {
	if n < 2 {
		parent <- msg{answer, n, 0}
		return
	}
	mine := make(chan msg, 2)
	go fib(n-1, mine)
	go fib(n-2, mine)
	one, other := <-mine, <-mine
	parent <- msg{answer, one.a + other.a, 0}
}

func fibonacci(n uint64) result {
	root, this, next := make(chan msg, 1), uint64(0), uint64(1)
	for i := uint64(0); i < n; i++ {
		this, next = next, this+next
	}
	begun := time.Now()
	go fib(n, root)
	m := <-root
	took := time.Since(begun)
	check(m.a == this, "fib")
	return result{took: took, msgs: 2*next - 1}
}

// Twenty philosophers, an arbiter of the forks; who is denied asks again.
func philosophers(n uint64) result {
	each := (n + diners - 1) / diners
	arbiter, meals := make(chan msg, 2*diners), make(chan uint64, diners)
	var all [diners]chan msg
	for i := range all {
		all[i] = make(chan msg, 1)
	}
	for i := range all {
		id, mine := uint64(i), all[i]
		go func() {
			eaten := uint64(0)
			for m := range mine {
				if m.tag == answer && m.a == 1 {
					eaten++
					arbiter <- msg{finished, id, 0}
					if eaten == each {
						meals <- eaten
						return
					}
				} else if m.tag == answer {
					runtime.Gosched() // or it would have the next turn, and those with the forks none
				}
				arbiter <- msg{ask, id, 0}
			}
		}()
	}
	go func() {
		var taken [diners]bool
		for m := range arbiter {
			one, other := &taken[m.a], &taken[(m.a+1)%diners]
			if m.tag == finished {
				check(*one && *other, "forks that are given back were taken")
				*one, *other = false, false
			} else if *one || *other {
				all[m.a] <- msg{answer, 0, 0}
			} else {
				*one, *other = true, true
				all[m.a] <- msg{answer, 1, 0}
			}
		}
	}()
	begun := time.Now()
	for _, philosopher := range all {
		philosopher <- msg{start, 0, 0}
	}
	sum := uint64(0)
	for range all {
		sum += <-meals
	}
	took := time.Since(begun)
	check(sum == diners*each, "meals")
	return result{took: took, msgs: sum}
}

// Twenty workers read and write, one in ten times, what one actor keeps. Each has keys of its own, and knows what it has
// written last.
func dictionary(n uint64) result {
	each := (n + lookers - 1) / lookers
	keeper, did := make(chan msg, lookers), make(chan uint64, lookers)
	var all [lookers]chan msg
	for i := range all {
		all[i] = make(chan msg, 1)
	}
	for i := range all {
		id, mine := uint64(i), all[i]
		go func() {
			var known [keys]uint64
			state, done := uint32(id)*2654435761+12345, uint64(0)
			for m := range mine {
				if m.tag == answer {
					check(known[m.a%keys] == m.b, "the value that was written last")
					done++
				}
				if done == each {
					did <- done
					return
				}
				value := random(&state)
				key := uint64(value % keys)
				if value/keys%10 == 0 {
					known[key] = uint64(value)
					keeper <- msg{write, id*keys + key, uint64(value)}
				} else {
					keeper <- msg{read, id*keys + key, 0}
				}
			}
		}()
	}
	go func() {
		var values [lookers * keys]uint64
		for m := range keeper {
			if m.tag == write {
				values[m.a] = m.b
			}
			all[m.a/keys] <- msg{answer, m.a, values[m.a]}
		}
	}()
	begun := time.Now()
	for _, looker := range all {
		looker <- msg{start, 0, 0}
	}
	sum := uint64(0)
	for range all {
		sum += <-did
	}
	took := time.Since(begun)
	check(sum == lookers*each, "operations")
	return result{took: took, msgs: 2 * sum}
}

// A shop with a hundred chairs, one barber, two hundred customers; who finds no chair comes again.
func barber(n uint64) result {
	each := (n + customers - 1) / customers
	shop, chair, had := make(chan msg, customers+1), make(chan msg, 1), make(chan uint64, customers)
	var all [customers]chan msg
	for i := range all {
		all[i] = make(chan msg, 1)
	}
	for i := range all {
		id, mine := uint64(i), all[i]
		go func() {
			cuts := uint64(0)
			for m := range mine {
				if m.tag == finished {
					cuts++
				} else if m.tag == answer {
					runtime.Gosched() // or it would have the next turn, and the barber none
				}
				if cuts == each {
					had <- cuts
					return
				}
				shop <- msg{ask, 0, id}
			}
		}()
	}
	go func() {
		for m := range chair {
			all[m.b] <- msg{finished, 0, 0}
			shop <- msg{next, 0, 0}
		}
	}()
	go func() {
		var waiting [chairs]uint64
		first, taken, busy := 0, 0, false
		for m := range shop {
			if m.tag == next {
				busy = false
			} else if taken == chairs {
				all[m.b] <- msg{answer, 0, 0}
				continue
			} else {
				waiting[(first+taken)%chairs] = m.b
				taken++
			}
			if !busy && taken > 0 {
				chair <- msg{next, 0, waiting[first]}
				first = (first + 1) % chairs
				taken--
				busy = true
			}
		}
	}()
	begun := time.Now()
	for _, customer := range all {
		customer <- msg{start, 0, 0}
	}
	sum := uint64(0)
	for range all {
		sum += <-had
	}
	took := time.Since(begun)
	check(sum == customers*each, "haircuts")
	return result{took: took, msgs: sum}
}

// An arbiter lets one of two hundred smoke, who says so when it has begun.
func smokers(n uint64) result {
	arbiter, done, sums := make(chan msg, 1), make(chan bool), make(chan uint64, addicts)
	var all [addicts]chan msg
	for i := range all {
		mine := make(chan msg, 1)
		all[i] = mine
		go func() {
			smoked := uint64(0)
			for range mine {
				smoked++
				arbiter <- msg{next, 0, 0}
			}
			sums <- smoked
		}()
	}
	go func() {
		state, left := uint32(12345), n
		for range arbiter {
			if left == 0 {
				done <- true
				return
			}
			left--
			all[random(&state)%addicts] <- msg{start, 0, 0}
		}
	}()
	begun := time.Now()
	arbiter <- msg{start, 0, 0}
	<-done
	took := time.Since(begun)
	sum := uint64(0)
	for _, smoker := range all {
		close(smoker)
		sum += <-sums
	}
	check(sum == n, "rounds")
	return result{took: took, msgs: 2 * n}
}

func counted[T any](n uint64, fill func(uint64) T, value func(*T) uint64) result {
	mailbox, done := make(chan T, inFlight), make(chan uint64)
	go func() {
		sum := uint64(0)
		for i := uint64(0); i < n; i++ {
			m := <-mailbox
			sum += value(&m)
		}
		done <- sum
	}()
	begun := time.Now()
	for i := n; i > 0; i-- {
		mailbox <- fill(i)
	}
	sum := <-done
	took := time.Since(begun)
	check(sum == n*(n+1)/2, "sum")
	return result{took: took, msgs: n}
}

func payload(n uint64) result {
	switch fromEnv("BYTES", 16) {
	case 16:
		return counted(n, func(i uint64) [2]uint64 { return [2]uint64{i} }, func(m *[2]uint64) uint64 { return m[0] })
	case 64:
		return counted(n, func(i uint64) [8]uint64 { return [8]uint64{i} }, func(m *[8]uint64) uint64 { return m[0] })
	case 256:
		return counted(n, func(i uint64) [32]uint64 { return [32]uint64{i} }, func(m *[32]uint64) uint64 { return m[0] })
	case 1024:
		return counted(n, func(i uint64) [128]uint64 { return [128]uint64{i} }, func(m *[128]uint64) uint64 { return m[0] })
	case 4096:
		return counted(n, func(i uint64) [512]uint64 { return [512]uint64{i} }, func(m *[512]uint64) uint64 { return m[0] })
	}
	check(false, "BYTES: 16, 64, 256, 1024 or 4096")
	return result{}
}

// A thousand actors; whenever one ends another one begins.
func churn(n uint64) result {
	parent := make(chan msg, 2*population)
	born, ended := uint64(0), uint64(0)
	bear := func() {
		mine := make(chan msg, 1)
		go func() {
			<-mine
			parent <- msg{finished, 0, 0}
		}()
		mine <- msg{start, 0, 0}
		born++
	}
	begun := time.Now()
	for born < population && born < n {
		bear()
	}
	for ; ended < n; ended++ {
		<-parent
		if born < n {
			bear()
		}
	}
	took := time.Since(begun)
	check(born == n && ended == n, "lives")
	return result{took: took, msgs: n}
}

// Armed and cancelled, a thousand others waiting.
func timers(n uint64) result {
	var waiting [armed]*time.Timer
	cancelled := uint64(0)
	begun := time.Now()
	for i := uint64(0); i < n+armed; i++ {
		timer := &waiting[i%armed]
		if i >= armed && (*timer).Stop() {
			cancelled++
		}
		*timer = time.AfterFunc(time.Hour+time.Duration(i%1000)*time.Millisecond, func() { check(false, "no timer runs out") })
	}
	took := time.Since(begun)
	check(cancelled == n, "cancelled")
	return result{took: took, msgs: n}
}

func percentiles(took []int64) string {
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	text := ""
	for _, at := range []struct {
		name string
		part float64
	}{{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"max", 1}} {
		which := int(at.part * float64(len(took)))
		if which >= len(took) {
			which = len(took) - 1
		}
		text += fmt.Sprintf(" %s_us=%.2f", at.name, float64(took[which])/1e3)
	}
	return text
}

func timeouts(n uint64) result {
	took, mailbox := make([]int64, n), make(chan msg, n)
	for i := uint64(0); i < n; i++ {
		number, delay := i, 20*time.Millisecond+100*time.Millisecond*time.Duration(i)/time.Duration(n)
		due := time.Now().Add(delay)
		time.AfterFunc(delay, func() { mailbox <- msg{finished, number, uint64(time.Since(due))} })
	}
	for i := uint64(0); i < n; i++ {
		m := <-mailbox
		check(int64(m.b) >= 0, "no timer comes early")
		took[m.a] = int64(m.b)
	}
	return result{more: percentiles(took)}
}

// One message each period, whatever the listener does; a message carries when it was due.
func openLoop(n uint64, period time.Duration) result {
	runtime.GOMAXPROCS(fromEnv("THREADS", 2) + 1) // one more for the thread that sends: it never waits
	took, mailbox, done := make([]int64, n), make(chan msg, 1000), make(chan bool)
	base := time.Now()
	go func() {
		for i := range took {
			m := <-mailbox
			took[i] = int64(time.Since(base)) - int64(m.b)
		}
		done <- true
	}()
	runtime.LockOSThread()
	due := time.Since(base)
	for i := uint64(0); i < n; i++ {
		for due += period; time.Since(base) < due; {
		}
		mailbox <- msg{add, i, uint64(due)}
	}
	<-done
	return result{more: percentiles(took)}
}

func idle(n uint64) result {
	var up uint64
	all := make([]chan msg, resting)
	for i := range all {
		mine := make(chan msg, 1)
		all[i] = mine
		go func() {
			for m := range mine {
				atomic.AddUint64(&up, m.a)
			}
		}()
		mine <- msg{add, 1, 0}
	}
	for atomic.LoadUint64(&up) < resting {
		runtime.Gosched()
	}
	time.Sleep(50 * time.Millisecond)
	var before, after syscall.Rusage
	begun := time.Now()
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	time.Sleep(time.Duration(n) * time.Millisecond)
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	took := float64(time.Since(begun))
	cpu := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	runtime.KeepAlive(all)
	return result{more: fmt.Sprintf(" cpu_percent=%.3f wakeups_per_s=%.1f", 100*float64(cpu)/took,
		float64(after.Nvcsw-before.Nvcsw-1)*1e9/took)}
}

// A question, and the answer: an actor asks another one.
type question struct {
	a      uint64
	answer chan uint64
}

func request(n uint64) result {
	answerer, done := make(chan question, inFlight), make(chan uint64)
	go func() {
		for q := range answerer {
			q.answer <- q.a + 1
		}
	}()
	begun := time.Now()
	go func() {
		sum, reply := uint64(0), make(chan uint64, 1)
		for i := uint64(0); i < n; i++ {
			answerer <- question{i, reply}
			sum += <-reply
		}
		done <- sum
	}()
	sum := <-done
	took := time.Since(begun)
	check(sum == n*(n+1)/2, "answers")
	return result{took: took, msgs: n}
}

// Who has subscribed to what.
type hub struct {
	sync.RWMutex
	topics map[string][]chan msg
}

func (h *hub) publish(topic string, m msg) {
	h.RLock()
	for _, reader := range h.topics[topic] {
		reader <- m
	}
	h.RUnlock()
}

// One actor gives every message to READERS others.
func publish(n uint64) result {
	readers := make([]chan msg, fromEnv("READERS", 10))
	done := make(chan uint64, len(readers))
	for i := range readers {
		mine := make(chan msg, inFlight)
		readers[i] = mine
		go func() {
			sum := uint64(0)
			for m := range mine {
				sum += m.a
			}
			done <- sum
		}()
	}
	topics := hub{topics: map[string][]chan msg{"eu.dax.close": readers}}
	rounds := n / uint64(len(readers))
	if rounds == 0 {
		rounds = 1
	}
	begun := time.Now()
	for i := uint64(0); i < rounds; i++ {
		topics.publish("eu.dax.close", msg{add, 1, 7})
	}
	sum := uint64(0)
	for _, reader := range readers {
		close(reader)
	}
	for range readers {
		sum += <-done
	}
	took := time.Since(begun)
	check(sum == rounds*uint64(len(readers)), "messages")
	return result{took: took, msgs: sum}
}

func main() {
	workloads := map[string]func(uint64) result{
		"pingpong": pingpong, "threadring": threadring, "forkjoin": forkjoin, "fjthroughput": fjthroughput,
		"big": big, "chameneos": chameneos, "spawn": spawn, "boundedbuffer": boundedbuffer, "logisticmap": logisticmap,
		"bank": bank, "fibonacci": fibonacci, "payload": payload, "churn": churn, "timers": timers, "timeouts": timeouts,
		"idle": idle, "request": request, "publish": publish, "philosophers": philosophers, "dictionary": dictionary,
		"barber": barber, "smokers": smokers,
		"counting": func(n uint64) result { return fanin(n, 1) },
		"bounded":  func(n uint64) result { return fanin(n, 1) },
		"fanin":    func(n uint64) result { return fanin(n, uint64(fromEnv("PRODUCERS", 8))) },
		"latency":  func(n uint64) result { return openLoop(n, 10*time.Microsecond) },
		"wakeup":   func(n uint64) result { return openLoop(n, time.Millisecond) },
	}
	if len(os.Args) != 3 || workloads[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, "usage: THREADS=2 actors_go WORKLOAD N\nworkloads:")
		for name := range workloads {
			fmt.Fprint(os.Stderr, " ", name)
		}
		fmt.Fprintln(os.Stderr)
		os.Exit(2)
	}
	n, err := strconv.ParseUint(os.Args[2], 10, 64)
	check(err == nil && n > 0, "N")
	runtime.GOMAXPROCS(fromEnv("THREADS", 2))
	r := workloads[os.Args[1]](n)
	fmt.Printf("workload=%s peer=go n=%d", os.Args[1], n)
	if r.msgs > 0 {
		fmt.Printf(" seconds=%.6f msgs_per_sec=%.0f", r.took.Seconds(), float64(r.msgs)/r.took.Seconds())
	}
	if r.bytesPerActor > 0 {
		fmt.Printf(" bytes_per_actor=%.0f", r.bytesPerActor)
	}
	fmt.Println(r.more)
}
