package azure

import (
	"context"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// Containers returns the names of the account's containers, the first 5,000 of
// them. It needs the right to list them, which the right to one does not include.
func (c Config) Containers(ctx context.Context) ([]string, error) {
	s, err := New(c)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	t, err := c.resolve()
	if err != nil {
		return nil, err
	}
	client, err := newService(t, c, s.options(c))
	if err != nil {
		return nil, err
	}
	page, err := client.NewListContainersPager(nil).NextPage(ctx)
	if err != nil {
		return nil, s.failure(ctx, "listing the containers beside", "", err)
	}
	var names []string
	for _, item := range page.ContainerItems {
		if item != nil && item.Name != nil {
			names = append(names, *item.Name)
		}
	}
	return names, nil
}

// newService is newClient for the account as a whole.
func newService(t target, c Config, options *container.ClientOptions) (*service.Client, error) {
	whole := &service.ClientOptions{ClientOptions: options.ClientOptions}
	switch {
	case !t.key.Empty():
		key, err := service.NewSharedKeyCredential(t.account, t.key.Reveal())
		if err != nil {
			return nil, invalid("storage.account-key is not in base64")
		}
		return service.NewClientWithSharedKeyCredential(t.service, key, whole)
	case !t.sas.Empty():
		return service.NewClientWithNoCredential(t.service+"?"+t.sas.Reveal(), whole)
	}
	token, err := TracedCredential(c.ClientID, c.Tracing)
	if err != nil {
		return nil, err
	}
	return service.NewClient(t.service, token, whole)
}
