package event

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"
)

// meaning says how the stored values of a column are shown and compared.
type meaning uint8

const (
	asUnknown meaning = iota
	asText            // any bytes
	asGUID            // 16 bytes
	asSigned
	asUnsigned
	asBoolean
	asFloat
	asDouble
	asDate   // days since 1970
	asMillis // since 1970
	asMicros
	asNanos
	asJulian // INT96: nanoseconds since 1970 once decoded
)

// leaf is a column of the top level.
type leaf struct {
	index    int // in each row group's list of column chunks
	stored   format.Type
	width    int // of fixed-length values, bytes
	optional bool
	meaning  meaning // unknown for what cannot be read: nested, repeated, decimals and the like
}

// meaningOf reads a schema element's annotations, new and old.
func meaningOf(e *format.SchemaElement) meaning {
	switch t := e.LogicalType.Value.(type) {
	case *format.StringType, *format.EnumType, *format.JsonType:
		return textIf(e)
	case *format.UUIDType:
		return asGUID
	case *format.IntType:
		return wholeNumber(t.IsSigned)
	case *format.DateType:
		return asDate
	case *format.TimestampType:
		return unitOf(t.Unit)
	case nil:
		return convertedMeaning(e)
	}
	return asUnknown
}

func unitOf(u format.TimeUnit) meaning {
	switch u.Value.(type) {
	case *format.MilliSeconds:
		return asMillis
	case *format.MicroSeconds:
		return asMicros
	case *format.NanoSeconds:
		return asNanos
	}
	return asUnknown
}

func wholeNumber(signed bool) meaning {
	if signed {
		return asSigned
	}
	return asUnsigned
}

func textIf(e *format.SchemaElement) meaning {
	if e.Type.V == format.ByteArray || e.Type.V == format.FixedLenByteArray {
		return asText
	}
	return asUnknown
}

func convertedMeaning(e *format.SchemaElement) meaning {
	if !e.ConvertedType.Valid {
		return plainMeaning(e.Type.V)
	}
	switch e.ConvertedType.V {
	case deprecated.UTF8, deprecated.Enum, deprecated.Json:
		return textIf(e)
	case deprecated.Date:
		return asDate
	case deprecated.TimestampMillis:
		return asMillis
	case deprecated.TimestampMicros:
		return asMicros
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return asSigned
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return asUnsigned
	}
	return asUnknown
}

func plainMeaning(t format.Type) meaning {
	switch t {
	case format.ByteArray, format.FixedLenByteArray:
		return asText
	case format.Int32, format.Int64:
		return asSigned
	case format.Boolean:
		return asBoolean
	case format.Float:
		return asFloat
	case format.Double:
		return asDouble
	case format.Int96:
		return asJulian
	}
	return asUnknown
}

// fits reports whether values of the stored type can have the meaning.
func (l *leaf) fits() bool {
	switch l.stored {
	case format.ByteArray:
		return l.meaning == asText
	case format.FixedLenByteArray:
		return l.width > 0 && (l.meaning == asText || l.meaning == asGUID && l.width == 16)
	case format.Int32:
		return l.meaning == asSigned || l.meaning == asUnsigned || l.meaning == asDate
	case format.Int64:
		return l.meaning == asSigned || l.meaning == asUnsigned || l.meaning == asMillis || l.meaning == asMicros || l.meaning == asNanos
	case format.Boolean:
		return l.meaning == asBoolean
	case format.Float:
		return l.meaning == asFloat
	case format.Double:
		return l.meaning == asDouble
	case format.Int96:
		return l.meaning == asJulian
	}
	return false
}

// unreadableTime stands for a timestamp that nanoseconds in an int64 cannot hold.
const unreadableTime = math.MinInt64

// inNanos brings a timestamp to nanoseconds since 1970.
func (m meaning) inNanos(v int64) int64 {
	unit := int64(1)
	switch m {
	case asMillis:
		unit = int64(time.Millisecond)
	case asMicros:
		unit = int64(time.Microsecond)
	}
	if limit := math.MaxInt64 / unit; v > limit || v < -limit {
		return unreadableTime
	}
	return v * unit
}

func (m meaning) isTime() bool {
	return m == asMillis || m == asMicros || m == asNanos || m == asJulian
}

// append appends a number as JSON shows it.
func (m meaning) append(dst []byte, v int64) []byte {
	switch m {
	case asUnsigned:
		return strconv.AppendUint(dst, uint64(v), 10)
	case asBoolean:
		return strconv.AppendBool(dst, v != 0)
	case asFloat:
		return appendJSON(dst, math.Float32frombits(uint32(v)))
	case asDouble:
		return appendJSON(dst, math.Float64frombits(uint64(v)))
	case asDate:
		return time.Unix(v*24*60*60, 0).UTC().AppendFormat(dst, time.DateOnly)
	case asMillis, asMicros, asNanos, asJulian:
		if t := m.inNanos(v); t != unreadableTime {
			return time.Unix(0, t).UTC().AppendFormat(dst, time.RFC3339Nano)
		}
		return dst
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendJSON appends a float; of those that JSON lacks, nothing.
func appendJSON(dst []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return dst
	}
	return append(dst, b...)
}

// appendGUID appends 16 bytes as 00112233-4455-6677-8899-aabbccddeeff.
func appendGUID(dst, b []byte) []byte {
	for i := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, b[i:i+1])
	}
	return dst
}
