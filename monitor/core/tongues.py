"""The small words and endings by which six languages in Latin letters are told apart. Tables only.

Written by hand from general knowledge of how people chat; lower case, with and without accents.
"""

from __future__ import annotations

LATIN = ("en", "es", "tr", "vi", "pt", "id")

_WORDS = {
    "en": """the a an of to and is are was were be been being it its this that these those for with
        without from by at on in into not no yes do does did don't doesn't didn't can can't cannot
        could will won't would should i i'm i've me my mine you your yours he she they them their we
        our us who what when where why how which there here have has had haven't just still any
        anyone anybody someone some all only also but or if then than after before again because
        about now today yesterday hours hour days day minutes ago please thanks thank help need want
        get got getting keep keeps says said showing see sent send back out up down over off same
        guys folks hello hi hey good morning night lol lmao wtf idk pls plz u ur gonna wanna much
        many more most really very every never always since until while like so too well way one two
        first last new old never support team ticket money account order price trade trades trading
        anything nothing something everyone let's that's what's it's there's isn't wasn't aren't
        you're they're make made makes take took nice great love hate think know works work working
        broken stuck waiting wait happens happened tried try trying long thx ty gm gn short asking
        question answer fix wrong right shows went gone lost came come goes going using used""",
    "es": """el la los las un una unos unas de del al y o e que qué en con sin por para porque pero
        como cómo cuando cuándo donde dónde quien quién cual cuál cuánto cuanto cuanta cuántos es
        son está esta estan están estoy estaba fue era ser hay ha he han había mi mis tu tus su sus
        me te se nos les le lo yo él ella ellos ustedes vosotros usted si sí no ni ya muy más mas
        menos también tampoco aquí aqui allí ahora hoy ayer mañana siempre nunca nada algo alguien
        nadie alguno alguna todo todos toda todas otro otra este esto estos ese eso esa esos hace
        desde hasta entre sobre tras hola gracias buenas buenos días dias favor ayuda tengo tiene
        tienen tenia puedo puede pueden quiero quiere hacer hago hizo dice dicen dijo sale salio
        salió llega llegó llego llegan va van voy ir vez veces dos tres horas mismo misma bien mal
        gente amigos jaja jajaja che tío wey güey pues igual después despues antes soporte cuenta
        dinero plata saldo retiro depósito deposito orden ganas solo sólo porfa xq pq q aun aún cada
        mucho mucha muchos poco tan así asi entonces luego ver veo sé saben sabe creo alguien
        contesta responde nadie pasa pasó paso sigo sigue llevo lleva mandé mandaron piden pide
        perdí""",
    "pt": """o a os as um uma uns umas de do da dos das no na nos nas ao aos à às e ou que em com
        sem por pelo pela para pra pro porque mas como quando onde quem qual quanto quantos é são
        está esta estão estou tá to tô tava foi era ser há tem têm tinha meu minha meus minhas seu
        sua seus suas me te se nos lhe eu ele ela eles elas você vocês vc vcs voce nós gente sim não
        nao nem já ja muito mais menos também tambem aqui ali agora hoje ontem amanhã sempre nunca
        nada algo alguém alguem ninguém ninguem algum alguma tudo todos toda todo outro outra este
        isso isto esse essa aquele faz desde até ate entre sobre olá ola oi obrigado obrigada valeu
        bom dia boa noite tarde favor ajuda tenho quero quer fazer faço fiz fez diz dizem disse sai
        saiu caiu cai chega chegou vai vou ir vez vezes dois três horas mesmo mesma bem mal pessoal
        galera kkk kkkk kkkkk rs cara mano né aí depois antes suporte conta dinheiro grana saldo
        saque depósito ordem só so cada pouco tão assim então entao pois ver vejo sei sabe acho
        consigo consegue conseguir alguém responde caindo ficou fica fui estava meio tipo né pq tb
        tbm blz vlw mto dá deu dar pode podem preciso tirar pelo ser uns deles dela nele isso""",
    "tr": """ve bir bu şu o da de ki mi mı mu mü ne neden nasıl nasil niye kim hangi kaç kac için
        icin ile ama fakat çünkü cunku ben sen biz siz onlar benim bana beni sana seni size sizi
        bize bizi onu ona var yok değil degil çok cok daha en hiç hic her şey sey sadece bile gibi
        kadar sonra önce once şimdi simdi bugün bugun dün dun yarın yarin hala hâlâ artık artik evet
        hayır hayir merhaba selam arkadaşlar arkadaslar beyler hocam abi abicim kardeş kanka
        teşekkürler tesekkurler sağol sagol lütfen lutfen yardım yardim olur oldu oluyor olmuş olmus
        olan olarak olsun nerede nereye nerden para param hesap hesabım hesabim hesabıma işlem islem
        emir çekim cekim gün gun saat dakika saattir gündür ya yani işte iste acaba aynı ayni yine
        bence böyle boyle öyle oyle şöyle bunu buna bunlar diye dedi dediler diyor ediyor etti var
        mı gelmedi geldi geliyor gitti yaptım yaptim yapıyor alıyorum attım attim yattı yatmadı
        düştü destek borsa nedir neyse zaten tek iki üç kendi bakın bakar bakın biri kimse herkes
        tüm bütün sizde bende mısınız misiniz lan valla vallahi amk""",
    "vi": """và là của có không ko k hok khong được đc dc duoc cho với trong này kia đó ấy nào gì
        sao ai đâu khi nếu thì mà nhưng vì nên để ở từ đến tới ra vào lên xuống lại rồi chưa đang đã
        sẽ vẫn cũng còn chỉ rất quá lắm hơn nhất nhiều ít một hai ba các những mọi mỗi mình tôi em
        anh chị bạn ae mn bác các cụ họ nó tao mày ơi ạ à nhỉ nhé nha vậy thế hả hay hoặc như về sau
        trước hôm nay qua mai giờ ngày phút tháng năm lúc bây tiền rút nạp lệnh sàn ví giá mua bán
        tài khoản lỗi chờ đợi xin hỏi giúp cảm ơn chào biết làm bị phải cần muốn thấy nói bảo gửi
        nhận mất đi tự luôn nữa thôi cái con người hỗ trợ mới cứ toàn e ib cmt vs j ntn nhung minh
        toi ban cac anh em roi chua dang vay the nao gio ngay tien rut nap lenh san gia hoi giup cam
        on bao lau sao lai cua nay mat khoan loi cho doi voi trong mot nhieu qua duoc khong bi phai
        can muon thay""",
    "id": """yang dan di ke dari ini itu untuk dengan pada adalah tidak tdk tak gak ga gk nggak ngga
        enggak bukan jangan jgn ada bisa bs sudah udah udh sdh belum blm lagi lg akan mau ingin saya
        sy aku gue gw gua kamu lu lo anda kita kami mereka dia nya kalau kalo klo jika karena krn
        tapi tp juga jg atau apa apakah kenapa knp gimana gmn bagaimana kapan siapa dimana mana
        berapa brp semua banyak sedikit sangat banget bgt sekali lebih paling masih msh baru sama sm
        saja aja aj doang dong sih deh kok nih tuh kan ya yg dg dgn utk dr pd kak kakak min mimin
        admin gan bang om mas mbak bro guys halo selamat pagi siang malam terima kasih makasih
        tolong mohon bantu bantuan uang duit dana saldo akun tarik penarikan setor masuk keluar hari
        jam menit kemarin tadi sekarang besok sejak sampai smpe sampe udah dapat dpt dapet buat
        bikin pakai pake biar supaya terus trus harus hrs perlu orang cuma cuman wkwk wkwkwk
        wkwkwkwk malah lalu setelah sebelum oleh saat antara seperti kayak kyk tanya jawab balas
        respon ketahan nyangkut hilang padahal emang memang kena bener gitu gini""",
}

_ENDINGS = {
    "en": "ing tion ness ould ight ally able ious ment edly",
    "es": "ción cion ciones ando iendo aron ieron dad amos emos mente aba ado ados illo ños ías",
    "pt": """ção ções cao coes ando endo aram eram iram dade mente ava inho inha amos ado ões ãos
        agem""",
    "tr": """yor iyor ıyor uyor üyor yorum yorsun yoruz dım dim dum düm tım tim lar ler ları leri
        dır dir tır tir mış miş acak ecek nda nde dan den mak mek lık lik niz nız sınız siniz ım im
        ıyorum iyorum medi madı mıyor miyor ması mesi ında inde""",
    "vi": "",
    "id": "nya kan annya kah lah nkan ngan",
}

_BEGINNINGS = {"id": "meng meny memb ber ter peng diba dike dita keti ngeb ngec"}


def _weights(table: dict[str, str], base: float) -> dict[str, tuple[tuple[int, float], ...]]:
    owners: dict[str, set[int]] = {}
    for language, words in table.items():
        for word in words.split():
            owners.setdefault(word, set()).add(LATIN.index(language))
    return {w: tuple((i, base / len(o) ** 1.3) for i in sorted(o)) for w, o in owners.items()}


WORDS = _weights(_WORDS, 2.0)
ENDINGS = _weights(_ENDINGS, 0.9)
BEGINNINGS = _weights(_BEGINNINGS, 0.6)

# Signs that only some of the six write, with what one of them is worth (in the order of LATIN).
SIGNS: dict[str, tuple[tuple[int, float], ...]] = {
    **dict.fromkeys("ăơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹĩũ", ((3, 1.5),)),
    **dict.fromkeys("ğşıİ", ((2, 2.0),)),
    **dict.fromkeys("öü", ((2, 1.0),)),
    "ç": ((2, 0.8), (4, 0.8)),
    "ñ": ((1, 2.0),),
    "¿": ((1, 2.0),),
    "¡": ((1, 2.0),),
    **dict.fromkeys("ãõ", ((4, 1.5), (3, 0.4))),
    **dict.fromkeys("âêô", ((4, 0.7), (3, 0.7))),
    "à": ((4, 0.5), (3, 0.7)),
    **dict.fromkeys("èìòùý", ((3, 0.8),)),
    **dict.fromkeys("áéíóú", ((1, 0.5), (4, 0.4), (3, 0.3))),
}
