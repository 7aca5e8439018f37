package guide

// badDay says why v is not a day of the form CCYYMMDD or YYMMDD; "" when it is.
func badDay(v []byte) string {
	if len(v) != 8 && len(v) != 6 || !allDigits(v) {
		return "a date of the form CCYYMMDD is expected"
	}
	if len(v) == 6 {
		return badMonthDay(2000+number(v[:2]), number(v[2:4]), number(v[4:]))
	}
	year := number(v[:4])
	if year < 1000 || year > 2999 {
		return "the year is out of range"
	}
	return badMonthDay(year, number(v[4:6]), number(v[6:]))
}

func badMonthDay(year, month, day int) string {
	if month < 1 || month > 12 {
		return "there is no such month"
	}
	last := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		last = 29
	}
	if day < 1 || day > last {
		return "there is no such day"
	}
	return ""
}

// badPeriod checks a date or period by its format qualifier (element 1250).
func badPeriod(format string, v []byte) string {
	switch format {
	case "D8":
		if len(v) != 8 {
			return "a date of the form CCYYMMDD is expected"
		}
		return badDay(v)
	case "D6":
		if len(v) != 6 {
			return "a date of the form YYMMDD is expected"
		}
		return badDay(v)
	case "RD8":
		if len(v) != 17 || v[8] != '-' {
			return "a period of the form CCYYMMDD-CCYYMMDD is expected"
		}
		if why := badDay(v[:8]); why != "" {
			return why
		}
		if why := badDay(v[9:]); why != "" {
			return why
		}
		if string(v[9:]) < string(v[:8]) {
			return "the period ends before it begins"
		}
	case "DT":
		if len(v) != 12 {
			return "a date and time of the form CCYYMMDDHHMM is expected"
		}
		if why := badDay(v[:8]); why != "" {
			return why
		}
		if !goodTime(v[8:]) {
			return "there is no such time"
		}
	case "TM":
		if len(v) != 4 || !goodTime(v) {
			return "a time of the form HHMM is expected"
		}
	}
	return ""
}

func goodTime(v []byte) bool {
	if len(v) != 4 && len(v) != 6 && len(v) != 7 && len(v) != 8 || !allDigits(v) {
		return false
	}
	return number(v[:2]) < 24 && number(v[2:4]) < 60 && (len(v) < 6 || number(v[4:6]) < 60)
}

func number(v []byte) int {
	n := 0
	for _, c := range v {
		n = n*10 + int(c-'0')
	}
	return n
}
