package codeset

// NPI reports whether b is a National Provider Identifier: ten digits of which
// the first is 1 or 2, and a right check digit (Luhn over 80840 and the NPI).
func NPI(b []byte) bool {
	if len(b) != 10 || !digits(b) || b[0] != '1' && b[0] != '2' {
		return false
	}
	sum := 24 // of the prefix 80840
	for i, c := range b {
		d := int(c - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// TaxonomyForm reports whether b looks like a provider taxonomy code: ten
// letters and digits that end in X.
func TaxonomyForm(b []byte) bool {
	return len(b) == 10 && alnum(b) && b[0] >= '0' && b[0] <= '9' && b[9] == 'X'
}

// DiagnosisForm reports whether b looks like an ICD-10-CM code without its
// dot: a letter, a digit, then one to five letters or digits.
func DiagnosisForm(b []byte) bool {
	return len(b) >= 3 && len(b) <= 7 && alnum(b) && letter(b[0]) && b[1] >= '0' && b[1] <= '9'
}

// ProcedureForm reports whether b looks like a HCPCS code: five characters, of
// which the first is a letter or digit, the next three digits, the last either.
func ProcedureForm(b []byte) bool {
	return len(b) == 5 && alnum(b) && digits(b[1:4])
}

// DentalProcedureForm reports whether b looks like a CDT code: D and four digits.
func DentalProcedureForm(b []byte) bool { return len(b) == 5 && b[0] == 'D' && digits(b[1:]) }

// LevelII reports whether a procedure code belongs to HCPCS level II, whose
// list ships: a letter A to V except D, and four digits.
func LevelII(b []byte) bool {
	return len(b) == 5 && b[0] >= 'A' && b[0] <= 'V' && b[0] != 'D' && digits(b[1:])
}

// ModifierForm reports whether b looks like a procedure modifier: two letters
// or digits.
func ModifierForm(b []byte) bool { return len(b) == 2 && alnum(b) }

// RevenueForm reports whether b looks like an NUBC revenue code: four digits.
func RevenueForm(b []byte) bool { return len(b) == 4 && digits(b) }

// ZIPForm reports whether b is a US ZIP code: five or nine digits.
func ZIPForm(b []byte) bool { return (len(b) == 5 || len(b) == 9) && digits(b) }

// NDCForm reports whether b is a National Drug Code in its billing form, 5-4-2
// without hyphens: eleven digits.
func NDCForm(b []byte) bool { return len(b) == 11 && digits(b) }

// TINForm reports whether b is a federal tax number: nine digits.
func TINForm(b []byte) bool { return len(b) == 9 && digits(b) }

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' }

func alnum(b []byte) bool {
	for _, c := range b {
		if !letter(c) && (c < '0' || c > '9') {
			return false
		}
	}
	return len(b) > 0
}
