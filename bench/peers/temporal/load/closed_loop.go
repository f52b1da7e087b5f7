package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"sync"
	"time"
)

// What bench/peers/closed_loop is for the other peers, by the same rules: N clients that run one saga
// after the other, the same window and percentiles, the same line a level and the same JSON.

const (
	// A peer that is down must not be asked in a tight loop.
	pauseAfterFailure = 100 * time.Millisecond
	clientsMax        = 9999
	secondsMax        = 3600
)

type options struct {
	levels        []int
	seconds       int
	warmUpSeconds int
	jsonFile      string
}

type latencySummary struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

type phase struct {
	Clients    int            `json:"clients"`
	Seconds    int            `json:"seconds"`
	PerSecond  float64        `json:"per_second"`
	Failed     int            `json:"failed"`
	FirstError string         `json:"first_error"`
	Latency    latencySummary `json:"latency_outcome"`
}

type window struct{ begin, end time.Time }

// What one client saw; its own until it has ended.
type observed struct {
	latencies  []time.Duration
	failed     int
	firstError string
}

func (o *observed) keepRunning(runSaga func() error, measured window) {
	for start := time.Now(); start.Before(measured.end); start = time.Now() {
		if err := runSaga(); err != nil {
			if o.failed == 0 {
				o.firstError = err.Error()
			}
			o.failed++
			time.Sleep(pauseAfterFailure)
			continue
		}
		end := time.Now()
		if end.Before(measured.begin) || !end.Before(measured.end) {
			continue
		}
		o.latencies = append(o.latencies, end.Sub(start))
	}
}

func runClosedLoop(clients int, chosen options, runSaga func() error) phase {
	begin := time.Now().Add(time.Duration(chosen.warmUpSeconds) * time.Second)
	measured := window{begin, begin.Add(time.Duration(chosen.seconds) * time.Second)}
	all := make([]observed, clients)
	var running sync.WaitGroup
	for i := range all {
		running.Go(func() { all[i].keepRunning(runSaga, measured) })
	}
	running.Wait()
	return sumUp(chosen.seconds, all)
}

func sumUp(seconds int, all []observed) phase {
	sum := phase{Clients: len(all), Seconds: seconds}
	var latencies []time.Duration
	for _, one := range all {
		latencies = append(latencies, one.latencies...)
		if sum.Failed == 0 {
			sum.FirstError = one.firstError
		}
		sum.Failed += one.failed
	}
	sum.Latency = summary(latencies)
	sum.PerSecond = float64(len(latencies)) / float64(seconds)
	return sum
}

func summary(latencies []time.Duration) latencySummary {
	if len(latencies) == 0 {
		return latencySummary{}
	}
	slices.Sort(latencies)
	return latencySummary{
		Count: len(latencies),
		P50:   nearestRankMs(latencies, 0.50),
		P95:   nearestRankMs(latencies, 0.95),
		P99:   nearestRankMs(latencies, 0.99),
		Max:   nearestRankMs(latencies, 1),
	}
}

func nearestRankMs(sorted []time.Duration, share float64) float64 {
	rank := int(math.Ceil(share * float64(len(sorted))))
	return float64(sorted[max(rank, 1)-1].Microseconds()) / 1e3
}

func (p phase) print() {
	fmt.Printf("%5d in flight %9.0f sagas/s   p50 %8.2f   p95 %8.2f   p99 %8.2f ms   %d failed\n",
		p.Clients, p.PerSecond, p.Latency.P50, p.Latency.P95, p.Latency.P99, p.Failed)
	if p.Failed > 0 {
		fmt.Println("      first error:", p.FirstError)
	}
}

func writeJSON(file string, name string, chosen options, phases []phase) error {
	if file == "" {
		return nil
	}
	text, err := json.MarshalIndent(struct {
		Peer          string  `json:"peer"`
		WarmUpSeconds int     `json:"warm_up_seconds"`
		Phases        []phase `json:"phases"`
	}{name, chosen.warmUpSeconds, phases}, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

// Measures every level and says whether all went well: no saga failed, and some ended.
func measure(name string, chosen options, runSaga func() error) (bool, error) {
	good := true
	var phases []phase
	for _, clients := range chosen.levels {
		measured := runClosedLoop(clients, chosen, runSaga)
		measured.print()
		good = good && measured.Failed == 0 && measured.Latency.Count > 0
		phases = append(phases, measured)
	}
	return good, writeJSON(chosen.jsonFile, name, chosen, phases)
}
