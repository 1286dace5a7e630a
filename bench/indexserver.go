package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// indexServer serves a package index on loopback.
type indexServer struct {
	url    string // above the projects' pages
	server *http.Server
	ended  chan error
}

// serveIndex serves pages of projects, and files by name, until stop.
func serveIndex(ctx context.Context, page, file http.HandlerFunc) (indexServer, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return indexServer{}, fmt.Errorf("starting the index: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /simple/{project}/", page)
	mux.HandleFunc("GET /files/{name}", file)
	s := indexServer{
		url:    "http://" + l.Addr().String() + "/simple/",
		server: &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second},
		ended:  make(chan error, 1),
	}
	go func() { s.ended <- s.server.Serve(l) }()
	return s, nil
}

func (s indexServer) stop() error {
	err := s.server.Close()
	if serr := <-s.ended; !errors.Is(serr, http.ErrServerClosed) {
		err = errors.Join(err, serr)
	}
	return err
}
