package web

import (
	"sync"
	"time"
)

// Limits of failed sign-ins within attemptWindow. The first stops guessing at
// one account from one place; the second guessing at many accounts; the third
// one account from many places, and is wide so that nobody can lock a
// colleague out by mistake.
const (
	attemptWindow      = 15 * time.Minute
	attemptsPerPair    = 5
	attemptsPerHost    = 30
	attemptsPerUser    = 50
	attemptsRemembered = 10_000
)

// attempts counts failed sign-ins in this process's memory.
type attempts struct {
	now func() time.Time
	mu  sync.Mutex
	at  map[string][]time.Time
}

func newAttempts(now func() time.Time) *attempts {
	return &attempts{now: now, at: map[string][]time.Time{}}
}

func attemptKeys(username, host string) map[string]int {
	return map[string]int{"pair\x00" + username + "\x00" + host: attemptsPerPair, "host\x00" + host: attemptsPerHost, "user\x00" + username: attemptsPerUser}
}

// wait returns how long the next attempt has to wait; 0 is not at all.
func (a *attempts) wait(username, host string) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	var longest time.Duration
	for key, limit := range attemptKeys(username, host) {
		recent := a.recent(key)
		if len(recent) >= limit {
			longest = max(longest, recent[len(recent)-limit].Add(attemptWindow).Sub(a.now()))
		}
	}
	return longest
}

func (a *attempts) failed(username, host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.at) > attemptsRemembered {
		for key := range a.at {
			a.recent(key)
		}
	}
	for key, limit := range attemptKeys(username, host) {
		times := append(a.recent(key), a.now())
		a.at[key] = times[max(0, len(times)-limit):]
	}
}

// succeeded forgets the failures of a person who got in; the host's stay.
func (a *attempts) succeeded(username, host string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.at, "pair\x00"+username+"\x00"+host)
}

// recent drops what lies before the window.
func (a *attempts) recent(key string) []time.Time {
	times, since := a.at[key], a.now().Add(-attemptWindow)
	for len(times) > 0 && times[0].Before(since) {
		times = times[1:]
	}
	if len(times) == 0 {
		delete(a.at, key)
	} else {
		a.at[key] = times
	}
	return times
}
