package azure

import (
	"context"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"sparkless/storage"
)

var _ storage.Creator = (*Store)(nil)

// Create implements storage.Creator as Put does, with the condition that there is no
// blob. It needs no more rights than Put, and does with that to create blobs alone.
func (s *Store) Create(ctx context.Context, name string, data []byte) error {
	if err := s.checkPut(name, data); err != nil {
		return err
	}
	err := s.upload(ctx, name, data, onlyNew())
	if ctx.Err() == nil && thereAlready(err) {
		return fmt.Errorf("creating %s: it %w", s.place(name), storage.ErrExist)
	}
	return s.failure(ctx, "creating", name, err)
}

// onlyNew is the condition that there is no blob of the name.
// (Microsoft Learn, "Specifying conditional headers for Blob service operations".)
func onlyNew() *blockblob.UploadOptions {
	none := azcore.ETagAny
	return &blockblob.UploadOptions{AccessConditions: &blob.AccessConditions{
		ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfNoneMatch: &none},
	}}
}

// thereAlready reports that the answer to an upload under onlyNew means that there is
// a blob. One that is leased, or that a signature without the right to write may not
// replace, is there, too.
func thereAlready(err error) bool {
	return bloberror.HasCode(err, bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.LeaseIDMissing, "UnauthorizedBlobOverwrite")
}
