"""Articles in scripts, and of authors, that end sentences without a full stop; and invisible characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.twins import in_python, slow
from stream.core.cleaning import clean
from stream.core.footer.codes import CLOSED, codes_of, end_of, halves
from stream.core.paragraphs import FORMATS, width, without_format
from stream.core.rules import Rules, builtin, load
from stream.core.rules.topics import Signs
from stream.core.sentence_ends import SENTENCE_ENDS, ends_sentence, is_open_ended
from stream.core.stack import LONG, is_long
from tests.trials import trials

MARKERS = load(whole_page=False)
BOTH = pytest.mark.parametrize("rules", [MARKERS, builtin()], ids=["markers", "model"])
BODIES = {
    "Thai": [
        "ชาวประมงเกาะเหนือเปิดเรือข้ามฟากลำใหม่เมื่อวันจันทร์ หลังจากเรือลำเก่าหยุดวิ่งไปตั้งแต่ฤดูหนาวปีก่อน",
        "เรือลำใหม่บรรทุกคนได้หกสิบคนกับรถสี่คัน และใช้เวลาข้ามไปฝั่งไม่ถึงยี่สิบนาทีในวันที่คลื่นไม่แรง",
        "นายท่าบอกว่าไม่มีใครบนเกาะคิดว่าจะได้เห็นเรือลำนี้ เพราะรอกันมานานถึงสิบเอ็ดปี",
        "เรือออกทุกชั่วโมง",
        "เด็กขึ้นฟรี",
    ],
    "Lao": [
        "ຊາວປະມົງເກາະເໜືອເປີດເຮືອຂ້າມຟາກລຳໃໝ່ໃນວັນຈັນ ຫຼັງຈາກເຮືອລຳເກົ່າຢຸດແລ່ນມາແຕ່ລະດູໜາວປີກ່ອນ",
        "ເຮືອລຳໃໝ່ບັນທຸກຄົນໄດ້ຫົກສິບຄົນກັບລົດສີ່ຄັນ ແລະໃຊ້ເວລາຂ້າມໄປຝັ່ງບໍ່ເຖິງຊາວນາທີໃນມື້ທີ່ຄື້ນບໍ່ແຮງ",
        "ນາຍທ່າບອກວ່າບໍ່ມີໃຜຢູ່ເກາະຄິດວ່າຈະໄດ້ເຫັນເຮືອລຳນີ້ ເພາະລໍຖ້າກັນມາດົນເຖິງສິບເອັດປີ",
        "ເຮືອອອກທຸກຊົ່ວໂມງ",
    ],
    "Khmer": [
        "អ្នកនេសាទនៅកោះខាងជើងបានដាក់ឲ្យដំណើរការសាឡាងថ្មីមួយនៅថ្ងៃច័ន្ទ បន្ទាប់ពីសាឡាងចាស់បានឈប់តាំងពីរដូវរងាឆ្នាំមុន",
        "សាឡាងថ្មីអាចដឹកមនុស្សបានហុកសិបនាក់ និងឡានបួនគ្រឿង ហើយចំណាយពេលមិនដល់ម្ភៃនាទីទេនៅថ្ងៃដែលរលកមិនខ្លាំង",
        "មេកំពង់ផែនិយាយថា គ្មាននរណានៅលើកោះគិតថានឹងបានឃើញសាឡាងនេះទេ ព្រោះពួកគេបានរង់ចាំអស់ដប់មួយឆ្នាំមកហើយ",
        "សាឡាងចេញរៀងរាល់ម៉ោង",
    ],
    "Burmese": [
        "မြောက်ပိုင်းကျွန်းက တံငါသည်တွေဟာ ကူးတို့သင်္ဘောအသစ်ကို တနင်္လာနေ့မှာ စတင်ပြေးဆွဲခဲ့ကြတယ်",
        "သင်္ဘောအသစ်ဟာ လူခြောက်ဆယ်နဲ့ ကားလေးစီးကို တင်ဆောင်နိုင်ပြီး လှိုင်းမကြီးတဲ့နေ့မှာ မိနစ်နှစ်ဆယ်တောင် မကြာဘူး",
        "ဆိပ်ကမ်းမှူးက ဒီသင်္ဘောကို မြင်ရမယ်လို့ ကျွန်းပေါ်က ဘယ်သူမှ မထင်ခဲ့ဘူး ဆယ့်တစ်နှစ်ကြာ စောင့်ခဲ့ရတယ်လို့ ပြောတယ်",
        "သင်္ဘောက နာရီတိုင်း ထွက်တယ်",
    ],
    "Hindi": [
        "उत्तरी द्वीप के मछुआरों ने सोमवार को नई नौका चलाई, क्योंकि पुरानी नौका पिछली सर्दियों से बंद पड़ी थी और कोई रास्ता न था।",
        "नई नौका में साठ लोग और चार गाड़ियां आ सकती हैं, और शांत पानी में पार जाने में बीस मिनट से भी कम समय लगता है।",
        "घाट के मुखिया ने कहा कि द्वीप पर किसी ने नहीं सोचा था कि यह नौका देखने को मिलेगी, क्योंकि ग्यारह साल इंतज़ार किया गया॥",
        "नौका हर घंटे चलती है।",
    ],
    "Urdu": [
        "شمالی جزیرے کے ماہی گیروں نے پیر کے دن نئی کشتی چلائی کیونکہ پرانی کشتی پچھلی سردیوں سے بند پڑی تھی۔",
        "نئی کشتی میں ساٹھ آدمی اور چار گاڑیاں آ سکتی ہیں اور پار جانے میں بیس منٹ سے کم وقت لگتا ہے۔",
        "گھاٹ کے نگران نے کہا کہ جزیرے پر کسی نے نہیں سوچا تھا کہ یہ کشتی کبھی دیکھنے کو ملے گی۔",
        "کشتی ہر گھنٹے چلتی ہے۔",
    ],
    "Arabic": [
        "أطلق صيادو الجزيرة الشمالية يوم الاثنين عبّارة جديدة بعد أن توقفت العبّارة القديمة عن العمل منذ شتاء العام",
        "تتسع العبّارة الجديدة لستين شخصا وأربع سيارات وتقطع الطريق إلى الضفة الأخرى في أقل من عشرين دقيقة إن هدأ البحر",
        "قال مدير الميناء إن أحدا في الجزيرة لم يكن يظن أنه سيرى هذه العبّارة فقد انتظرها الناس أحد عشر عاما كاملة",
        "تبحر العبّارة كل ساعة",
        "الأطفال مجانا",
    ],
    "Chinese": [
        "北岛的渔民星期一开通了一条新的渡轮航线，旧渡轮从去年冬天起就停航了，岛上的人只能绕远路去大陆，来回要花整整一天的时间",
        "新渡轮可以载六十个人和四辆汽车，风浪不大的时候不到二十分钟就能到对岸，码头上还修了一间候船室，里面有热水和长椅可以休息",
        "港务长说，岛上没有人想到能看见这条船，因为大家已经等了十一年，换了三任村长，每一任都说过明年就会有船，可是每一次都落了空",
        "渡轮每小时一班",
        "儿童免费",
    ],
}
TAILS = {
    "Thai": ["ข่าวที่เกี่ยวข้อง", "ตลาดเช้ากลับมาแล้ว", "สะพานปลาปิดซ่อมหนึ่งเดือน", "แชร์"],
    "Hindi": ["यह भी पढ़ें", "बाज़ार फिर खुला", "पुल की मरम्मत पूरी", "शेयर करें"],
    "Arabic": ["اقرأ أيضا", "السوق القديم يفتح أبوابه", "إصلاح الجسر الخشبي", "شارك"],
    "Chinese": ["相关新闻", "老市场重新开张", "木桥修好了", "分享到"],
}
EACH = pytest.mark.parametrize("language", BODIES)


@BOTH
@EACH
def test_an_article_without_a_footer_stays_as_it_is(rules: Rules, language: str) -> None:
    for lines in (BODIES[language], BODIES[language][:3], ["A", *BODIES[language]]):
        assert clean("\n".join(lines), rules).removed == ()


@pytest.mark.parametrize("language", TAILS)
def test_the_footer_goes_and_the_short_paragraphs_above_it_stay(language: str) -> None:
    body, tail = BODIES[language], TAILS[language]
    assert clean("\n".join([*body, *tail])).text == "\n".join(body)


@EACH
def test_a_footer_that_nobody_knows_takes_no_line_of_the_body(language: str) -> None:
    body = BODIES[language]
    kept = clean("\n".join([*body, "Share", "Tweet", "Facebook", "© The Island Paper"])).text
    assert kept == "\n".join(body)


@pytest.mark.parametrize("language", ["Thai", "Lao", "Khmer", "Burmese", "Arabic", "Chinese"])
def test_which_pages_end_sentences_without_a_mark(language: str) -> None:
    assert is_open_ended(BODIES[language])


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["", "a"],
        BODIES["Hindi"],
        BODIES["Urdu"],
        ["The ferry leaves " * 9] * 2,
        ["The ferry leaves " * 9, "The ferry leaves again. " * 9, *["The ferry leaves " * 9] * 9],
        ["Ферри " * 20 + ".", *["ชาวบ้าน"] * 3],
    ],
)
def test_which_pages_do_not(lines: list[str]) -> None:
    assert not is_open_ended(lines)


@pytest.mark.parametrize("mark", sorted(SENTENCE_ENDS))
def test_every_mark_that_ends_a_sentence_is_known_to_both(mark: str) -> None:
    for behind in ("", "\u200b", "\u200f", "”"):
        assert ends_sentence(f"x{mark}{behind}")
    assert end_of(f"x{mark}") == CLOSED


def test_a_letter_counts_more_where_it_is_a_word() -> None:
    assert halves(BODIES["Chinese"]) == 5
    assert {halves(BODIES[each]) for each in ("Thai", "Lao", "Khmer", "Burmese", "Hindi", "Arabic")} == {2}


ENGLISH = [
    "The ferry to the northern island leaves again: the company has opened a new line, and the old boat is to be sold.",
    "It takes sixty people and four cars.",
    "The harbour master said that nobody had thought they would ever see it, for they had waited for eleven years.",
    "“We had almost forgotten what it is like,” he said, and asked for a minute of silence for the old boat.",
    "The boat leaves every hour, and children travel free.",
    "North pier 6.15",
    "South pier 6.40",
    "In winter it leaves every second hour, and not at all when the water stands low.",
]
ENGLISH_TAIL = ["The bridge that nobody wanted", "A market in the old depot", "Share", "Tweet", "Related articles"]


def test_what_nobody_sees_within_an_article() -> None:
    """Invisible characters neither lengthen a line nor hide how it ends."""
    for order in ((4, 2, 3, 1), (1, 5, 2, 3, 7, 4, 6, 0), (7, 3, 4), (7, 6, 3)):
        body = [ENGLISH[at] for at in order]
        gone = [removal.line for removal in clean("\n".join([*body, *ENGLISH_TAIL])).removed]
        for each in ("\u00ad", "\u200b", "\u2060"):
            for least in (0, 60, 200):
                shown = [each.join(f" {line} ").strip() if len(line) > least else line + each for line in body]
                found = clean("\n".join([*shown, *ENGLISH_TAIL])).removed
                assert [removal.line for removal in found] == gone


formats = st.text(st.sampled_from(FORMATS), min_size=1, max_size=4)
pages = st.sampled_from(sorted(BODIES)).map(lambda name: [*BODIES[name], *TAILS.get(name, ())])


@st.composite
def sprinkled(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Give a page, and the same page with invisible characters within the words of its body."""
    lines = draw(pages)
    other = []
    for line in lines:
        shown = line
        if len(line) >= LONG:
            for at in sorted(draw(st.sets(st.integers(1, len(line) - 1), max_size=6)), reverse=True):
                shown = shown[:at] + draw(formats) + shown[at:]
            shown = draw(formats) + shown + draw(formats)
        other.append(shown)
    return lines, other


@trials(80)
@given(sprinkled(), st.booleans())
def test_what_nobody_sees_changes_no_decision(both: tuple[list[str], list[str]], whole_page: bool) -> None:  # noqa: FBT001
    lines, other = both
    rules = builtin() if whole_page else MARKERS
    gone = [removal.line for removal in clean("\n".join(lines), rules).removed]
    assert [removal.line for removal in clean("\n".join(other), rules).removed] == gone
    with in_python():
        assert [removal.line for removal in clean("\n".join(other), slow(rules)).removed] == gone


@trials(200)
@given(st.text(max_size=80), formats, st.integers(0, 80))
def test_what_nobody_sees_counts_for_nothing(line: str, invisible: str, at: int) -> None:
    shown = line[:at] + invisible + line[at:]
    assert width(shown) == width(line)
    assert without_format([shown]) == without_format([f"{line}\u200b"])
    signs = Signs({}, {})
    [bare], [other] = without_format([f"{line}\u200b"]), without_format([shown])
    assert codes_of(other or "x", 2, signs) == codes_of(bare or "x", 2, signs)


def test_a_short_line_is_not_long_for_what_nobody_sees() -> None:
    assert not is_long("word" + "\u200b" * LONG)
    assert not is_long("\u200b".join("a" * (LONG - 1)))
    assert is_long("\u200b".join("a" * LONG))
    assert clean("\n".join(["A name\u00ad" * 9, "x", "A name\u00ad" * 9, "y"])).removed == ()
