package demo

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/claimbook/claimbook/claims"
)

// PracticeYAML is the set-up as `claimbook practice import` reads it.
func (w *World) PracticeYAML() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("# A synthetic practice: nobody in it exists. NPIs that begin with 2 were never issued.\n")
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(w.Setup); err != nil {
		return nil, err
	}
	return b.Bytes(), enc.Close()
}

// split says which encounters go into which file: two thirds come from the
// practice system as CSV, the others from the portal as JSON, which repeats the
// last few of the first file, as happens when two systems send the same visit.
func (d Day) split() (inCSV, inJSON []claims.EncounterRecord) {
	n := (len(d.Encounters)*2 + 2) / 3
	return d.Encounters[:n], d.Encounters[n-d.Repeats:]
}

// CSV is the first file of the day.
func (d Day) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"encounter_id", "patient", "service_date", "rendering_provider", "billing_provider", "facility", "place_of_service",
		"diagnoses", "procedure", "modifiers", "pointers", "units", "charge", "self_pay"}
	if err := w.Write(header); err != nil {
		return nil, err
	}
	list, _ := d.split()
	for _, e := range list {
		for _, l := range e.Lines {
			pointers := make([]string, len(l.Pointers))
			for i, p := range l.Pointers {
				pointers[i] = strconv.Itoa(p)
			}
			selfPay := ""
			if e.SelfPay {
				selfPay = "yes"
			}
			if err := w.Write([]string{e.ExternalID, e.Patient, l.ServiceDate.String(), e.RenderingProvider, e.BillingProvider, e.Facility, e.PlaceOfService,
				strings.Join(e.Diagnoses, " "), l.Procedure, strings.Join(l.Modifiers, " "), strings.Join(pointers, " "), l.Units.String(), l.Charge.String(), selfPay}); err != nil {
				return nil, err
			}
		}
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// JSON is the second file of the day.
func (d Day) JSON() ([]byte, error) {
	_, list := d.split()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(map[string]any{"encounters": list}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Files are the paths that Write wrote.
type Files struct {
	Practice string
	Days     [][]string // the encounter files of each day
}

// Write writes the world's files into dir: practice.yaml, and for each day
// encounters-<date>.csv and .json.
func (w *World) Write(dir string) (Files, error) {
	f := Files{Practice: filepath.Join(dir, "practice.yaml")}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return f, err
	}
	setup, err := w.PracticeYAML()
	if err != nil {
		return f, err
	}
	if err := os.WriteFile(f.Practice, setup, 0o644); err != nil {
		return f, err
	}
	for _, d := range w.Days {
		var paths []string
		for _, kind := range []struct {
			extension string
			content   func() ([]byte, error)
		}{{"csv", d.CSV}, {"json", d.JSON}} {
			content, err := kind.content()
			if err != nil {
				return f, err
			}
			path := filepath.Join(dir, fmt.Sprintf("encounters-%s.%s", d.Date, kind.extension))
			if err := os.WriteFile(path, content, 0o644); err != nil {
				return f, err
			}
			paths = append(paths, path)
		}
		f.Days = append(f.Days, paths)
	}
	return f, nil
}
