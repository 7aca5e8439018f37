//go:build unix

package postgres

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// fileLock is an flock. The kernel releases it when the process ends in any
// way, which is what makes it a sign of life.
type fileLock struct{ file *os.File }

func (l *fileLock) release() error {
	if l == nil || l.file == nil {
		return nil
	}
	// Unlocking first: a child that inherited the descriptor by a race of fork
	// would keep the lock past the close.
	_ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN)
	err := l.file.Close()
	l.file = nil
	return err
}

func tryShared(path string) (*fileLock, error) { return tryLock(path, syscall.LOCK_SH) }

func lockShared(ctx context.Context, path string) (*fileLock, error) {
	return awaitLock(ctx, path, syscall.LOCK_SH)
}

func lockExclusive(ctx context.Context, path string) (*fileLock, error) {
	return awaitLock(ctx, path, syscall.LOCK_EX)
}

func tryLock(path string, how int) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &fileLock{file}, nil
}

// awaitLock polls, because a blocking flock cannot be cancelled.
func awaitLock(ctx context.Context, path string, how int) (*fileLock, error) {
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		lock, err := tryLock(path, how)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return lock, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
