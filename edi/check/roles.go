package check

import (
	"sync"

	"github.com/claimbook/claimbook/edi/guide"
)

// role is the part that a segment plays in the rules, by its loop and
// identifier, so that a rule need not compare strings.
type role uint8

const (
	noRole role = iota
	roleBHT
	roleParty
	roleHL
	roleSBR
	rolePayerName // 2010BB NM1
	roleSubscriber
	roleSubscriberN3
	roleSubscriberN4
	roleSubscriberDMG
	rolePatientName
	roleBillingName
	roleCLM
	roleClaimDTP
	roleClaimREF
	roleClaimHI
	roleClaimCR1
	roleClaimCR2
	rolePWK
	roleOtherSBR
	roleOtherCAS
	roleOtherAMT
	roleOtherPayer
	roleOtherDecided
	roleLX
	roleService
	roleLineDTP
	roleLineREF
	roleLineCR1
	roleLineCR3
	roleLineNTE
	roleTOO
	roleLIN
	roleCTP
	roleSVD
	roleSVDCAS
	roleSVDDecided
	roleSVDAMT

	roleSubscriberREF
	rolePatientREF
	rolePatientDMG
	rolePAT
	roleBillingREF
	roleBillingTax
	rolePayToPlan
	roleProvider // NM1 of 2310 and 2420
	roleClaimCRC
	roleClaimAMT
	roleClaimHCP
	roleCN1
	roleCL1
	roleDN1
	roleDN2
	roleOtherMIA
	roleLineCRC
	roleLinePWK
	roleLineQTY
	roleLineMEA
	roleSV5
	rolePS1
	roleForm

	roleBPR
	roleCLP
	roleCLPCAS
	roleCLPAMT
	roleSVC
	roleSVCCAS
	rolePLB
	roleTRN
	rolePayee
	rolePaidLX
	roleTS3
	roleTS2
	roleCLPName
	roleCLPMIA
	roleCLPMOA
	roleCLPDTM
	roleSVCDTM
	roleSVCLQ
)

var roleNames = map[string]role{
	"HEADER/BHT": roleBHT, "1000A/NM1": roleParty, "1000B/NM1": roleParty, "2000A/HL": roleHL, "2000B/HL": roleHL, "2000C/HL": roleHL, "2000D/HL": roleHL,
	"2000B/SBR": roleSBR, "2010BB/NM1": rolePayerName, "2010BA/NM1": roleSubscriber, "2010BA/N3": roleSubscriberN3,
	"2010BA/N4": roleSubscriberN4, "2010BA/DMG": roleSubscriberDMG, "2010CA/NM1": rolePatientName, "2010AA/NM1": roleBillingName,
	"2300/CLM": roleCLM, "2300/DTP": roleClaimDTP, "2300/REF": roleClaimREF, "2300/HI": roleClaimHI, "2300/CR1": roleClaimCR1,
	"2300/CR2": roleClaimCR2, "2300/PWK": rolePWK, "2400/PWK": roleLinePWK,
	"2310A/NM1": roleProvider, "2310B/NM1": roleProvider, "2310C/NM1": roleProvider, "2310D/NM1": roleProvider, "2310E/NM1": roleProvider, "2310F/NM1": roleProvider,
	"2420A/NM1": roleProvider, "2420B/NM1": roleProvider, "2420C/NM1": roleProvider, "2420D/NM1": roleProvider, "2420E/NM1": roleProvider, "2420F/NM1": roleProvider,
	"2420G/NM1": roleProvider, "2420H/NM1": roleProvider,
	"2010AC/NM1": rolePayToPlan, "2000B/PAT": rolePAT, "2000C/PAT": rolePAT, "2010BA/REF": roleSubscriberREF, "2010CA/REF": rolePatientREF,
	"2010CA/DMG": rolePatientDMG, "2010BB/REF": roleBillingREF, "2010AA/REF": roleBillingTax,
	"2300/CRC": roleClaimCRC, "2300/AMT": roleClaimAMT, "2300/HCP": roleClaimHCP, "2300/CN1": roleCN1, "2400/CN1": roleCN1, "2300/CL1": roleCL1,
	"2300/DN1": roleDN1, "2300/DN2": roleDN2, "2320/MIA": roleOtherMIA,
	"2400/CRC": roleLineCRC, "2400/QTY": roleLineQTY, "2400/MEA": roleLineMEA, "2400/SV5": roleSV5, "2400/PS1": rolePS1, "2440/LQ": roleForm,
	"2320/SBR": roleOtherSBR, "2320/CAS": roleOtherCAS, "2320/AMT": roleOtherAMT, "2330B/NM1": roleOtherPayer, "2330B/DTP": roleOtherDecided,
	"2400/LX": roleLX, "2400/SV1": roleService, "2400/SV2": roleService, "2400/SV3": roleService, "2400/DTP": roleLineDTP,
	"2400/REF": roleLineREF, "2400/CR1": roleLineCR1, "2400/CR3": roleLineCR3, "2400/NTE": roleLineNTE, "2400/TOO": roleTOO,
	"2410/LIN": roleLIN, "2410/CTP": roleCTP,
	"2430/SVD": roleSVD, "2430/CAS": roleSVDCAS, "2430/DTP": roleSVDDecided, "2430/AMT": roleSVDAMT,
}

var roles835 = map[string]role{
	"HEADER/BPR": roleBPR, "2100/CLP": roleCLP, "2100/CAS": roleCLPCAS, "2100/AMT": roleCLPAMT, "2110/SVC": roleSVC,
	"2110/CAS": roleSVCCAS, "SUMMARY/PLB": rolePLB,
	"HEADER/TRN": roleTRN, "1000B/N1": rolePayee, "2000/LX": rolePaidLX, "2000/TS3": roleTS3, "2000/TS2": roleTS2, "2100/NM1": roleCLPName,
	"2100/MIA": roleCLPMIA, "2100/MOA": roleCLPMOA, "2100/DTM": roleCLPDTM, "2110/DTM": roleSVCDTM, "2110/LQ": roleSVCLQ,
}

var roleTables = sync.OnceValue(func() map[*guide.Guide][]role {
	tables := map[*guide.Guide][]role{}
	for _, g := range guide.All() {
		names := roleNames
		if g.Set == "835" {
			names = roles835
		}
		table := make([]role, len(g.Segments()))
		for i, s := range g.Segments() {
			table[i] = names[s.Loop+"/"+s.ID]
		}
		tables[g] = table
	}
	return tables
})

var amountTables = sync.OnceValue(func() map[*guide.Guide][][]uint8 {
	tables := map[*guide.Guide][][]uint8{}
	for _, g := range guide.All() {
		table := make([][]uint8, len(g.Segments()))
		for i, s := range g.Segments() {
			for k := range s.Elements {
				if e := &s.Elements[k]; e.Type == guide.R && e.Max == 18 && e.Usage != guide.NotUsed {
					table[i] = append(table[i], uint8(k+1))
				}
			}
		}
		tables[g] = table
	}
	return tables
})

// amountsOf lists the elements of each segment of the guide that hold amounts:
// X12 gives those, and no other number, 18 digits.
func amountsOf(g *guide.Guide) [][]uint8 { return amountTables()[g] }

func rolesOf(g *guide.Guide) []role { return roleTables()[g] }
