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
	roleAmbulanceStop
	roleReferring
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

	roleBPR
	roleCLP
	roleCLPCAS
	roleCLPAMT
	roleSVC
	roleSVCCAS
	rolePLB
)

var roleNames = map[string]role{
	"HEADER/BHT": roleBHT, "1000A/NM1": roleParty, "1000B/NM1": roleParty, "2000A/HL": roleHL, "2000B/HL": roleHL, "2000C/HL": roleHL, "2000D/HL": roleHL,
	"2000B/SBR": roleSBR, "2010BB/NM1": rolePayerName, "2010BA/NM1": roleSubscriber, "2010BA/N3": roleSubscriberN3,
	"2010BA/N4": roleSubscriberN4, "2010BA/DMG": roleSubscriberDMG, "2010CA/NM1": rolePatientName, "2010AA/NM1": roleBillingName,
	"2300/CLM": roleCLM, "2300/DTP": roleClaimDTP, "2300/REF": roleClaimREF, "2300/HI": roleClaimHI, "2300/CR1": roleClaimCR1,
	"2300/CR2": roleClaimCR2, "2300/PWK": rolePWK, "2400/PWK": rolePWK, "2310E/NM1": roleAmbulanceStop, "2310F/NM1": roleAmbulanceStop,
	"2420G/NM1": roleAmbulanceStop, "2420H/NM1": roleAmbulanceStop, "2310A/NM1": roleReferring, "2420F/NM1": roleReferring,
	"2320/SBR": roleOtherSBR, "2320/CAS": roleOtherCAS, "2320/AMT": roleOtherAMT, "2330B/NM1": roleOtherPayer, "2330B/DTP": roleOtherDecided,
	"2400/LX": roleLX, "2400/SV1": roleService, "2400/SV2": roleService, "2400/SV3": roleService, "2400/DTP": roleLineDTP,
	"2400/REF": roleLineREF, "2400/CR1": roleLineCR1, "2400/CR3": roleLineCR3, "2400/NTE": roleLineNTE, "2400/TOO": roleTOO,
	"2410/LIN": roleLIN, "2410/CTP": roleCTP,
	"2430/SVD": roleSVD, "2430/CAS": roleSVDCAS, "2430/DTP": roleSVDDecided,
}

var roles835 = map[string]role{
	"HEADER/BPR": roleBPR, "2100/CLP": roleCLP, "2100/CAS": roleCLPCAS, "2100/AMT": roleCLPAMT, "2110/SVC": roleSVC,
	"2110/CAS": roleSVCCAS, "SUMMARY/PLB": rolePLB,
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
		if g.Name == "837I" || g.Name == "837D" { // ambulance stops are the professional guide's loops
			for i, r := range table {
				if r == roleAmbulanceStop || r == roleReferring && g.Name == "837I" {
					table[i] = noRole
				}
			}
		}
		tables[g] = table
	}
	return tables
})

func rolesOf(g *guide.Guide) []role { return roleTables()[g] }
