package anomaly_test

import (
	"testing"

	"sparkless/publish/anomaly"
)

func TestScaleBeginsAtItsScores(t *testing.T) {
	s := anomaly.Scale{Low: 0.25, Medium: 0.5, High: 0.75}
	for score, want := range map[float64]string{
		0: anomaly.Informational, 0.2499: anomaly.Informational, 0.25: anomaly.Low, 0.4999: anomaly.Low,
		0.5: anomaly.Medium, 0.7499: anomaly.Medium, 0.75: anomaly.High, 1: anomaly.High,
	} {
		if got := s.Severity(score); got != want {
			t.Errorf("%v is %s, want %s", score, got, want)
		}
	}
}
