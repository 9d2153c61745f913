package datacollector

import (
	"sparkless/publish/columns"
	"sparkless/publish/ingest"
)

// format is what one post and one table take.
func format() ingest.Format {
	return ingest.Format{
		// The limit is 30 MB, and one page says 32: whether it means 10^6 or 2^20
		// bytes, and counts headers, is not documented. A request that is too large
		// is only answered with 404, so we stay well below.
		Bytes: 25_000_000,
		// It bounds what a lost answer can store twice, and how much is sent between
		// two writes of the receipts.
		Records: 5_000,
		// The service refuses over this.
		Fields: columns.MaxColumns,
		// The service cuts fields at 32 KB in silence; the decimal reading of it
		// keeps our visible mark.
		Value:  32_000,
		Name:   columns.CheckClassic,
		Nested: ingest.Text, // what the service makes of it, too
	}
}
