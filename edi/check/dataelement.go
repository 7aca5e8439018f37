package check

import (
	"strings"
	"sync"
)

// dataElements are the numbers that X12 gives the elements of a segment, for
// IK402 and CTX06, and in parentheses those of a composite's components.
const dataElements = `
ST 143 329 1705
SE 96 329
BHT 1005 353 127 373 337 640
NM1 98 1065 1035 1036 1037 1038 1039 66 67 706 98 1035
N1 98 93 66 67
N3 166 166
N4 19 156 116 26 309 310 1715
PER 366 93 365 364 365 364 365 364 443
REF 128 127 352
DTP 374 1250 1251
DTM 374 373 337 623 1250 1251
HL 628 734 735 736
PRV 1221 128 127
SBR 1138 1069 127 93 1336 1143 1073 584 1032
PAT 1069 1384 584 1220 1250 1251 355 81 1073
DMG 1250 1251 1068 1067
CLM 1028 782 1032 1343 (1331 1332 1325) 1073 1359 1073 1363 1351 (1362 1362 1362 156 26) 1366 1073 1338 1073 1360 1029 1073 1383 1514
CL1 1315 1314 1352
PWK 755 756 757 98 66 67
CN1 1166 782 332 127 338 799
AMT 522 782 478
QTY 673 380
NTE 363 352
K3 449
CR1 355 81 1316 1317 355 380 166 166 352 352
CRC 1136 1073 1321 1321 1321 1321 1321
HI (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073) (1270 1271 1250 1251 782 380 799 1271 1073)
OI 1032 1383 1073 1351 1360 1363
CAS 1033 1034 782 380 1034 782 380 1034 782 380 1034 782 380 1034 782 380 1034 782 380
LX 554
SV1 (235 234 1339 1339 1339 1339 352 234) 782 355 380 1331 1365 (1328 1328 1328 1328) 782 1073
SV2 234 (235 234 1339 1339 1339 1339 352 234) 782 355 380 1371 782
SV3 (235 234 1339 1339 1339 1339 352 234) 782 1331 (1361 1361 1361 1361 1361) 1358 380
LIN 350 235 234
CTP 687 236 212 380
SVD 67 782 (235 234 1339 1339 1339 1339 352 234) 234 380 554
BPR 305 782 478 591 812 506 507 569 508 509 510 506 507 569 508 373
TRN 481 127 509 127
CLP 1028 1029 782 782 782 1032 127 1331 1325 1352 1354 380 954 1073
SVC (235 234 1339 1339 1339 1339 352 234) 782 782 234 380 (235 234 1339 1339 1339 1339 352 234) 380
PLB 127 373 (426 127) 782 (426 127) 782 (426 127) 782 (426 127) 782 (426 127) 782 (426 127) 782
LQ 1270 1271
`

// numbersOf holds for each segment its elements' numbers, composites with the
// number of each component.
var numbersOf = sync.OnceValue(func() map[string][][]string {
	all := map[string][][]string{}
	for line := range strings.Lines(dataElements) {
		id, rest, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok {
			continue
		}
		var elements [][]string
		inside := false
		for _, word := range strings.Fields(rest) {
			number := strings.Trim(word, "()")
			if inside {
				elements[len(elements)-1] = append(elements[len(elements)-1], number)
			} else {
				elements = append(elements, []string{number})
			}
			inside = inside && !strings.HasSuffix(word, ")") || strings.HasPrefix(word, "(") && !strings.HasSuffix(word, ")")
		}
		all[id] = elements
	}
	return all
})

// dataElement returns X12's number of an element or component; "" when it is not
// known, and for a composite as a whole, which has none.
func dataElement(segment string, element, component int) string {
	elements := numbersOf()[segment]
	if element < 1 || element > len(elements) {
		return ""
	}
	parts := elements[element-1]
	switch {
	case component == 0 && len(parts) == 1:
		return parts[0]
	case component >= 1 && component <= len(parts) && len(parts) > 1:
		return parts[component-1]
	}
	return ""
}
