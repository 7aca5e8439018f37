package generate

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/claimbook/claimbook/edi/check"
	"github.com/claimbook/claimbook/edi/claim837"
	"github.com/claimbook/claimbook/edi/remit835"
	"github.com/claimbook/claimbook/edi/x12"
)

// measured names the environment variable that makes the test binary read
// standard input in one of these ways and print the largest resident memory it
// had: a process of its own, so that neither the generator nor a benchmark
// before it counts.
const measured = "CLAIMBOOK_MEASURE"

var readings = map[string]func(io.Reader) error{
	"decode835": decodeBalanced,
	"decode837": func(r io.Reader) error {
		d := claim837.NewDecoder(x12.NewReader(r))
		for {
			if _, err := d.Next(); err == io.EOF {
				return nil
			} else if err != nil {
				return err
			}
		}
	},
	"validate": func(r io.Reader) error {
		report, err := check.Run(r, "stdin", check.Options{})
		if err == nil && !report.Valid() {
			return fmt.Errorf("the generated file is not valid")
		}
		return err
	},
	"validate one core": func(r io.Reader) error {
		_, err := check.Run(r, "stdin", check.Options{Workers: 1})
		return err
	},
}

func TestMain(m *testing.M) {
	if read := readings[os.Getenv(measured)]; read != nil {
		if err := read(os.Stdin); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		status, err := os.ReadFile("/proc/self/status")
		if err != nil {
			os.Exit(3)
		}
		_, _ = os.Stdout.Write(status)
		os.Exit(0)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// decodeBalanced reads the payments of an 835 and balances each.
func decodeBalanced(r io.Reader) error {
	d := remit835.NewDecoder(x12.NewReader(r))
	d.Reuse()
	for {
		p, err := d.NextPayment()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		var balance remit835.Balancer
		for {
			c, err := d.NextClaim()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if out := balance.Claim(c); out != nil {
				return fmt.Errorf("claim: %w", out[0])
			}
		}
		if out := balance.Payment(p); out != nil {
			return fmt.Errorf("payment: %w", out[0])
		}
	}
}

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// The largest resident memory of a process that reads a generated file from a
// pipe, in MB; goal: below 64 at any size. -mb 1000 streams a gigabyte.
func BenchmarkMemory(b *testing.B) {
	for _, m := range []struct {
		name, reading string
		write         writer
	}{
		{"Decode835", "decode835", Remittance}, {"Decode837P", "decode837", Professional}, {"Decode837I", "decode837", Institutional},
		{"Validate835", "validate", Remittance}, {"Validate837P", "validate", Professional}, {"Validate837I", "validate", Institutional},
		{"Validate837POneCore", "validate one core", Professional},
	} {
		b.Run(m.name, func(b *testing.B) {
			if _, err := os.Stat("/proc/self/status"); err != nil {
				b.Fatalf("this system does not tell the resident memory of a process: %v", err)
			}
			var most float64
			for b.Loop() {
				c := exec.Command(os.Args[0])
				c.Env = append(os.Environ(), measured+"="+m.reading)
				c.Stderr = os.Stderr
				var out bytes.Buffer
				c.Stdout = &out
				in, err := c.StdinPipe()
				if err != nil {
					b.Fatal(err)
				}
				if err := c.Start(); err != nil {
					b.Fatal(err)
				}
				_, err = m.write(in, 1, *megabytes*1_000_000)
				if err := in.Close(); err != nil {
					b.Fatal(err)
				}
				if werr := c.Wait(); err != nil || werr != nil {
					b.Fatal(err, werr)
				}
				found := peak.FindSubmatch(out.Bytes())
				if found == nil {
					b.Fatal("no VmHWM in the answer")
				}
				kb, err := strconv.Atoi(string(found[1]))
				if err != nil {
					b.Fatal(err)
				}
				most = max(most, float64(kb)/1024)
			}
			b.ReportMetric(most, "MB-resident")
			b.ReportMetric(0, "ns/op")
		})
	}
}
