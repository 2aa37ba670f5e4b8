"""One form for the spellings of a text: width, case, accents, kana, traditional and simplified.

Unicode's NFKD makes full-width letters half-width and takes accents off their letters, where they
are left out: "café" is "cafe". Case folding makes "Ａ" and "a" one, and OpenCC's table of single
characters makes 慮 and 虑 one. Single characters, because a rule for whole words could give two
answers for one character, and a search for it would miss. カ is か; が, another sound, is not.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

IDEOGRAPHS: Final = (0x3400, 0xA000)
"""The planes' common part: what OpenCC's table of single characters is asked about."""
BY_HAND: Final = dict(
    # In Taiwan and Hong Kong each of these is written where the mainland writes the other, if not
    # always: 著 alone is 著名's in the mainland, 甚 that of 甚至, 藉 that of 慰藉.
    zip(
        "著妳瞭藉馀衹祇甚牠姪徧瞇踫隣閙籐粧揹甦痲蔴効黏姊瘉沈讐呪妬汚砲痺躭躱燄慙懽諠覩敍搥煖拏啣"
        "袴値暱衞谘踡壻枱簷睪帐迳钜讬缐锺彷徬髣倣髴慇懃鬭鬬鬪嬾恠憇慴慽戞掽揑搾暎濶碁祂窻窓緜胷膓"
        "荳薰讌䜩賸铇麤吿靑淸囯尅觝儍糢攷撢栢梱欬涖烱猨畧疎瘖癈矙稾穨簒緐罸聼脇蘂蕋蚘衒帬覊謿謌賍"
        "跴蹧逩遯邨酧醻雰韮顋饍騐欵毬潄濬煑熈煕燿牋瑯瑠甎甞畊癎盌椀盋礮鑛穉稺窰箒籘紥繖罇鑵罣脗臙"
        "菓萠藷袪覇覔讃賛祗喒偺囍呌刧刼刦勦伕倂竝偪跼叡塡姙婬媿嬭惷擕歛蹔朶熖翺茘躶躰輭鎗鎻鏁鐡鑚"
        "镕隂鞵顇顦飮餠餽鴈麹黙鼈銲撘纒塲傚偸劵喩恡悋尙硏緖槪愼鄕凖廻彊悤怱抝挵揷摀擧攩昬暸曵凴寃"
        "寳夀坵尶幚褔曡疉玆嘷鬰欝濳賉嬝靭靱煇僊祐囓苧",
        "着你了借余只只什它侄遍眯碰邻闹藤妆背苏麻麻效粘姐愈沉仇咒妒污炮痹耽躲焰惭欢喧睹叙捶暖拿衔"
        "裤值昵卫咨蜷婿台檐睾账径巨托线钟仿仿仿仿佛殷勤斗斗斗懒怪憩慑戚戛碰捏榨映阔棋他窗窗绵胸肠"
        "豆熏宴宴剩刨粗告青清国克抵傻模考掸柏捆咳莅炯猿略疏喑废瞰稿颓篡繁罚听胁蕊蕊蛔炫裙羁嘲歌赃"
        "踩糟奔遁村酬酬氛韭腮膳验款球漱浚煮熙熙耀笺琅琉砖尝耕痫碗碗钵炮矿稚稚窑帚藤扎伞樽罐挂吻胭"
        "果萌薯祛霸觅赞赞只咱咱喜叫劫劫劫剿夫并并逼局睿填妊淫愧奶蠢携敛暂朵焰翱荔裸体软枪锁锁铁钻"
        "熔阴鞋悴憔饮饼馈雁曲默鳖焊搭缠场效偷券喻吝吝尚研绪概慎乡准回强匆匆拗弄插捂举挡昏了曳凭冤"
        "宝寿丘尴帮福叠叠兹嚎郁郁潜恤袅韧韧辉仙佑啮苎",
        strict=True,
    )
)
"""OpenCC leaves these, because single characters do not say which word they are of, or as rare."""
ACCENTS: Final = re.compile(r"[\u0300-\u036f]+")
KATAKANA: Final = (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)
TO_HIRAGANA: Final = 0x3041 - 0x30A1


def fold(text: str) -> str:
    """Return `text` as search and the guard see it; not for reading."""
    plain = ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    return unicodedata.normalize("NFC", plain.casefold()).translate(_table())


@cache
def _table() -> dict[int, str]:
    """Return characters and what they are taken for, in 10 ms.

    OpenCC is loaded by whoever first writes or searches.
    """
    from opencc import OpenCC  # noqa: PLC0415 - see above

    traditional = [chr(code) for code in range(*IDEOGRAPHS)]
    # One call for all: apart by line ends, so that no two of them make a word.
    simplified = OpenCC("t2s").convert("\n".join(traditional)).split("\n")
    pairs = zip(traditional, simplified, strict=True)
    kana = {chr(code): chr(code + TO_HIRAGANA) for code in KATAKANA}
    # 瀋 is 沈, and 沈 is 沉: whichever is written, it is the same in the end.
    converted = {old: BY_HAND.get(new, new) for old, new in pairs if old != new}
    return str.maketrans(converted | BY_HAND | kana)
