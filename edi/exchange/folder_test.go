package exchange_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/claimbook/claimbook/edi/exchange"
	"github.com/claimbook/claimbook/internal/fault"
)

func TestDeliverThenListAndTake(t *testing.T) {
	ctx := context.Background()
	box := exchange.Folder{Dir: filepath.Join(t.TempDir(), "inbound", "CLEAR")}
	if got, err := box.List(ctx); err != nil || len(got) != 0 {
		t.Fatalf("a missing folder is an empty mailbox, got %v, %v", got, err)
	}
	for _, name := range []string{"b.835", "a.999"} {
		if err := box.Deliver(ctx, name, strings.NewReader("ISA"+name), 8); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{".hidden", "upload.tmp", "upload.filepart"} {
		if err := os.WriteFile(filepath.Join(box.Dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := box.List(ctx)
	if err != nil || len(got) != 2 || got[0].Name != "a.999" || got[1].Name != "b.835" || got[0].Size != 8 {
		t.Fatalf("List = %+v, %v", got, err)
	}
	if err := box.Take(ctx, "a.999"); err != nil {
		t.Fatal(err)
	}
	if err := box.Take(ctx, "a.999"); err != nil {
		t.Fatalf("a file that is gone already is no error: %v", err)
	}
	// The same name comes again with other content: both stay.
	if err := box.Deliver(ctx, "a.999", strings.NewReader("another"), 7); err != nil {
		t.Fatal(err)
	}
	if err := box.Take(ctx, "a.999"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a.999": "ISAa.999", "a-2.999": "another"} {
		if b, err := os.ReadFile(filepath.Join(box.Dir, "done", name)); err != nil || string(b) != want {
			t.Errorf("done/%s = %q, %v; want %q", name, b, err, want)
		}
	}
}

func TestDeliverAgain(t *testing.T) {
	ctx := context.Background()
	box := exchange.Folder{Dir: t.TempDir()}
	if err := box.Deliver(ctx, "x", strings.NewReader("one"), 3); err != nil {
		t.Fatal(err)
	}
	if err := box.Deliver(ctx, "x", strings.NewReader("one"), 3); err != nil {
		t.Errorf("the same delivery repeated: %v", err)
	}
	err := box.Deliver(ctx, "x", strings.NewReader("two"), 3)
	if fault.CodeOf(err) != "CB-SEND-TAKEN" {
		t.Errorf("other content under the same name: %v", err)
	}
	if b, _ := os.ReadFile(filepath.Join(box.Dir, "x")); string(b) != "one" {
		t.Errorf("the first delivery was overwritten by %q", b)
	}
	if files, _ := os.ReadDir(box.Dir); len(files) != 1 {
		t.Errorf("temporary files are left: %v", files)
	}
}

func TestDeliverShort(t *testing.T) {
	box := exchange.Folder{Dir: t.TempDir()}
	err := box.Deliver(context.Background(), "x", strings.NewReader("one"), 4)
	if fault.CodeOf(err) != "CB-SEND-SIZE" {
		t.Errorf("got %v", err)
	}
	if files, _ := os.ReadDir(box.Dir); len(files) != 0 {
		t.Errorf("something was left: %v", files)
	}
}

func TestDeliverOnceUnderRace(t *testing.T) {
	box := exchange.Folder{Dir: t.TempDir()}
	content := bytes.Repeat([]byte("x"), 1<<20)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := box.Deliver(context.Background(), "x", bytes.NewReader(content), int64(len(content))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if files, _ := os.ReadDir(box.Dir); len(files) != 1 {
		t.Errorf("got %d files", len(files))
	}
}

func TestNamesStayInTheFolder(t *testing.T) {
	box := exchange.Folder{Dir: t.TempDir()}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/etc/passwd"} {
		if err := box.Deliver(context.Background(), name, strings.NewReader(""), 0); fault.CodeOf(err) != "CB-FILE-NAME" {
			t.Errorf("Deliver(%q): %v", name, err)
		}
		if _, err := box.Open(context.Background(), name); fault.CodeOf(err) != "CB-FILE-NAME" {
			t.Errorf("Open(%q): %v", name, err)
		}
	}
}

func TestDiskFaults(t *testing.T) {
	for _, test := range []struct {
		err  error
		code string
	}{
		{&os.PathError{Op: "write", Path: "/x", Err: syscall.ENOSPC}, "CB-DISK-FULL"},
		{&os.LinkError{Op: "link", Old: "/x", New: "/y", Err: syscall.EDQUOT}, "CB-DISK-FULL"},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EACCES}, "CB-DISK-PERMISSION"},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.EROFS}, "CB-DISK-PERMISSION"},
		{&os.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}, "CB-FILE-MISSING"},
		{&os.PathError{Op: "mkdir", Path: "/x", Err: syscall.ENOTDIR}, "CB-FILE-FOLDER"},
		{errors.New("strange"), "CB-DISK"},
	} {
		err := exchange.DiskFault(test.err, "/the/path")
		if fault.CodeOf(err) != test.code || !strings.HasPrefix(err.Error(), "/the/path: ") || fault.ExitCode(err) != 3 {
			t.Errorf("%v became %v", test.err, err)
		}
	}
}

// TestFullDisk writes to a device that is always full.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Logf("no /dev/full on this system: the mapping alone is tested")
		return
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	_, err = full.Write([]byte("x"))
	if fault.CodeOf(exchange.DiskFault(err, "/dev/full")) != "CB-DISK-FULL" {
		t.Errorf("got %v", err)
	}
}

func TestFileWhereAFolderIsNeeded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := exchange.Folder{Dir: filepath.Join(path, "box")}.Deliver(context.Background(), "x", strings.NewReader(""), 0)
	if fault.CodeOf(err) != "CB-FILE-FOLDER" {
		t.Errorf("got %v", err)
	}
}
