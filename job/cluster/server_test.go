package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// frontend is the service of Temporal, as far as connections, and the ends of workflows
// whose histories were recorded, can be tested with it.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	address    string
	histories  map[string]*historypb.History // by workflow ID
	executions []*workflowpb.WorkflowExecutionInfo
	pending    []*workflowpb.PendingActivityInfo
	answer     any // to queries; nil if no worker lives

	mu      sync.Mutex
	headers []string // authorization, of each call
	clients []string // common names of their certificates
	calls   int
	queries []string
	refuse  func(method string) error // optional
}

// serve starts a frontend, with TLS if there is a configuration. A test of one leaves no
// goroutine behind.
func serve(t testing.TB, encryption *tls.Config) *frontend {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) }) // after what is cleaned up below
	f := &frontend{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.address = l.Addr().String()
	options := []grpc.ServerOption{grpc.UnaryInterceptor(f.note)}
	if encryption != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(encryption)))
	}
	s := grpc.NewServer(options...)
	workflowservice.RegisterWorkflowServiceServer(s, f)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Serve(l)
	}()
	t.Cleanup(func() {
		s.Stop()
		<-ended
	})
	return f
}

func (f *frontend) note(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	f.mu.Lock()
	f.calls++
	md, _ := metadata.FromIncomingContext(ctx)
	f.headers = append(f.headers, md.Get("authorization")...)
	if p, ok := peer.FromContext(ctx); ok {
		if auth, ok := p.AuthInfo.(credentials.TLSInfo); ok {
			for _, c := range auth.State.PeerCertificates {
				f.clients = append(f.clients, c.Subject.CommonName)
			}
		}
	}
	refuse := f.refuse
	f.mu.Unlock()
	if refuse != nil {
		if err := refuse(info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]); err != nil {
			return nil, serviceerror.ToStatus(err).Err()
		}
	}
	return next(ctx, req)
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.29.1", Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

// PollWorkflowTaskQueue has nothing to do, and waits like the real one.
func (f *frontend) PollWorkflowTaskQueue(ctx context.Context, _ *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (f *frontend) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

// GetWorkflowExecutionHistory knows how workflows ended.
func (f *frontend) GetWorkflowExecutionHistory(_ context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	h := f.histories[r.GetExecution().GetWorkflowId()]
	if h == nil {
		return nil, status.Error(codes.NotFound, "workflow not found for ID")
	}
	if r.HistoryEventFilterType == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT {
		h = &historypb.History{Events: h.Events[len(h.Events)-1:]}
	}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: h}, nil
}

// StartWorkflowExecution has all of executions already.
func (f *frontend) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	for _, x := range f.executions {
		if x.Execution.WorkflowId == r.WorkflowId {
			return nil, serviceerror.ToStatus(serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", r.RequestId, x.Execution.RunId)).Err()
		}
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: "new"}, nil
}

// ListWorkflowExecutions gives them two by two, whatever is asked for.
func (f *frontend) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	f.mu.Lock()
	f.queries = append(f.queries, r.Query)
	f.mu.Unlock()
	from := len(r.NextPageToken)
	to := min(from+2, len(f.executions))
	page := &workflowservice.ListWorkflowExecutionsResponse{Executions: f.executions[from:to]}
	if to < len(f.executions) {
		page.NextPageToken = make([]byte, to)
	}
	return page, nil
}

func (f *frontend) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	for _, x := range f.executions {
		if x.Execution.WorkflowId == r.Execution.WorkflowId {
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: x, PendingActivities: f.pending}, nil
		}
	}
	return nil, status.Error(codes.NotFound, "workflow not found for ID")
}

func (f *frontend) QueryWorkflow(context.Context, *workflowservice.QueryWorkflowRequest) (*workflowservice.QueryWorkflowResponse, error) {
	if f.answer == nil {
		return nil, serviceerror.ToStatus(serviceerror.NewFailedPrecondition("no poller seen for task queue recently, worker may be down")).Err()
	}
	p, err := newConverter().ToPayloads(f.answer)
	return &workflowservice.QueryWorkflowResponse{QueryResult: p}, err
}

func (f *frontend) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	at := timestamppb.New(firstDay.Add(time.Duration(r.TaskQueueType) * time.Minute))
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "b", LastAccessTime: at}, {Identity: "a", LastAccessTime: at}}}, nil
}

// authority signs certificates.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t, file: filepath.Join(t.TempDir(), "ca.pem")}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true}
	var der []byte
	a.key, der = a.sign(template, nil)
	a.cert, _ = x509.ParseCertificate(der)
	a.write(a.file, "CERTIFICATE", der)
	return a
}

// sign makes a certificate, of the authority itself if it has none yet.
func (a *authority) sign(template, parent *x509.Certificate) (*ecdsa.PrivateKey, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	by := a.key
	if parent == nil {
		parent, by = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, by)
	if err != nil {
		a.t.Fatal(err)
	}
	return key, der
}

func (a *authority) write(name, kind string, der []byte) {
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

// issue writes a certificate of that name, for that host, and its key.
func (a *authority) issue(name, host string) (certFile, keyFile string) {
	a.t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	if ip := net.ParseIP(host); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{host}
	}
	key, der := a.sign(template, a.cert)
	text, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	dir := a.t.TempDir()
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	a.write(certFile, "CERTIFICATE", der)
	a.write(keyFile, "EC PRIVATE KEY", text)
	return certFile, keyFile
}

// server is the TLS configuration of a server for a host.
func (a *authority) server(host string) *tls.Config {
	a.t.Helper()
	pair, err := tls.LoadX509KeyPair(a.issue("server", host))
	if err != nil {
		a.t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2"}}
}
